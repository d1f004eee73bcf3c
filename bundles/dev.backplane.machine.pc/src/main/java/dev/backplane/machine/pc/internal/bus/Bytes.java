package dev.backplane.machine.pc.internal.bus;

/** Values of the sizes that a bus carries. */
final class Bytes {
    private Bytes() {}

    /** What an access reads where nothing answers. */
    static long ones(int size) {
        return size == 8 ? -1 : (1L << 8 * size) - 1;
    }

    static long truncate(long value, int size) {
        return value & ones(size);
    }
}
