package dev.backplane.virtio.internal;

import dev.backplane.api.device.RegisterHandler;

/**
 * Access to the BAR through configuration space, for who cannot map it (4.1.4.9). The offsets are those of the capability's body: its
 * length and type first, then BAR, offset and length as the driver sets them, then a window onto what they name.
 */
final class ConfigurationAccess implements RegisterHandler {
    private static final int LENGTH_AND_TYPE = 0x0514;
    private static final int BAR = 2;
    private static final int OFFSET = 6;
    private static final int LENGTH = 10;
    private static final int DATA = 14;

    private static final int BAR_BYTES = 4 * Layout.PAGE;

    private final RegisterHandler registers;
    private int bar;
    private int offset;
    private int length;

    ConfigurationAccess(RegisterHandler registers) {
        this.registers = registers;
    }

    @Override
    public long read(long at, int size) {
        if (at >= DATA) {
            return reaches(at, size) ? registers.read(Integer.toUnsignedLong(offset), length) : 0;
        }
        synchronized (this) {
            long value = 0;
            for (int i = 0; i < size; i++) {
                value |= (long) get((int) at + i) << 8 * i;
            }
            return value;
        }
    }

    private int get(int at) {
        if (at < BAR) {
            return LENGTH_AND_TYPE >>> 8 * at & 0xff;
        }
        if (at == BAR) {
            return bar;
        }
        return at >= LENGTH
                ? length >>> 8 * (at - LENGTH) & 0xff
                : at >= OFFSET ? offset >>> 8 * (at - OFFSET) & 0xff : 0;
    }

    @Override
    public void write(long at, int size, long value) {
        if (at >= DATA) {
            if (reaches(at, size)) {
                registers.write(Integer.toUnsignedLong(offset), length, value);
            }
            return;
        }
        synchronized (this) {
            for (int i = 0; i < size; i++) {
                set((int) at + i, (int) (value >>> 8 * i) & 0xff);
            }
        }
    }

    private void set(int at, int value) {
        if (at == BAR) {
            bar = value;
        } else if (at >= OFFSET && at < LENGTH) {
            offset = with(offset, at - OFFSET, value);
        } else if (at >= LENGTH && at < DATA) {
            length = with(length, at - LENGTH, value);
        }
    }

    private static int with(int old, int index, int value) {
        return old & ~(0xff << 8 * index) | value << 8 * index;
    }

    private synchronized boolean reaches(long at, int size) {
        boolean width = length == 1 || length == 2 || length == 4;
        return at == DATA
                && bar == 0
                && width
                && size == length
                && offset >= 0
                && offset % length == 0
                && offset <= BAR_BYTES - length;
    }
}
