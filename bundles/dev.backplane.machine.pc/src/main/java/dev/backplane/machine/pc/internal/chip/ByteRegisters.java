package dev.backplane.machine.pc.internal.chip;

import dev.backplane.api.device.RegisterHandler;

/** Registers of 8 bits each, one a port: a wider access is one access to each of its ports, lowest first. */
interface ByteRegisters extends RegisterHandler {
    int readByte(int offset);

    void writeByte(int offset, int value);

    @Override
    default long read(long offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (readByte((int) offset + i) & 0xffL) << 8 * i;
        }
        return value;
    }

    @Override
    default void write(long offset, int size, long value) {
        for (int i = 0; i < size; i++) {
            writeByte((int) offset + i, (int) (value >>> 8 * i) & 0xff);
        }
    }
}
