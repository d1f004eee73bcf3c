package dev.backplane.machine.pc.internal.pci;

import java.util.Arrays;

/** The 4096 bytes of a function's configuration space, and which of their bits a guest may change. */
final class ConfigSpace {
    static final int BYTES = 4096;

    private final byte[] values = new byte[BYTES];
    private final byte[] writable = new byte[BYTES];
    /** Bits that a written 1 clears. */
    private final byte[] clearable = new byte[BYTES];

    /** What the writable bits are after a reset. */
    private byte[] initial = values;

    /** Sets bytes, whoever may change them. */
    ConfigSpace put(int offset, int bytes, long value) {
        for (int i = 0; i < bytes; i++) {
            values[offset + i] = (byte) (value >>> 8 * i);
        }
        return this;
    }

    ConfigSpace put(int offset, byte[] bytes) {
        System.arraycopy(bytes, 0, values, offset, bytes.length);
        return this;
    }

    /** Lets the guest change bits. */
    ConfigSpace allow(int offset, int bytes, long mask) {
        for (int i = 0; i < bytes; i++) {
            writable[offset + i] |= (byte) (mask >>> 8 * i);
        }
        return this;
    }

    /** Lets the guest clear bits by writing ones. */
    ConfigSpace allowClear(int offset, int bytes, long mask) {
        for (int i = 0; i < bytes; i++) {
            clearable[offset + i] |= (byte) (mask >>> 8 * i);
        }
        return this;
    }

    /** From now on a reset goes back to the present values. */
    void complete() {
        initial = values.clone();
    }

    void reset() {
        System.arraycopy(initial, 0, values, 0, BYTES);
    }

    /** Up to four bytes, zero-extended. */
    int get(int offset, int bytes) {
        int value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (values[offset + i] & 0xff) << 8 * i;
        }
        return value;
    }

    long get64(int offset) {
        return Integer.toUnsignedLong(get(offset, 4)) | (long) get(offset + 4, 4) << 32;
    }

    boolean isSet(int offset, int bit) {
        return (values[offset + bit / 8] & 1 << bit % 8) != 0;
    }

    void set(int offset, int bit, boolean on) {
        int mask = 1 << bit % 8;
        values[offset + bit / 8] = (byte) (on ? values[offset + bit / 8] | mask : values[offset + bit / 8] & ~mask);
    }

    /** A write of the guest. */
    void write(int offset, int bytes, int value) {
        for (int i = 0; i < bytes; i++) {
            int at = offset + i;
            int written = value >>> 8 * i;
            int kept = values[at] & ~writable[at] & ~(clearable[at] & written);
            values[at] = (byte) (kept | written & writable[at]);
        }
    }

    byte[] save() {
        return values.clone();
    }

    /** Takes the bits that can change from a saved space; what is fixed stays. */
    void restore(byte[] saved) {
        byte[] from = Arrays.copyOf(saved, BYTES);
        for (int i = 0; i < BYTES; i++) {
            int changes = writable[i] | clearable[i];
            values[i] = (byte) (values[i] & ~changes | from[i] & changes);
        }
    }
}
