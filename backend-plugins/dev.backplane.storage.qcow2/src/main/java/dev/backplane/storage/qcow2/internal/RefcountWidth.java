package dev.backplane.storage.qcow2.internal;

import java.nio.ByteBuffer;

/**
 * How refcounts stand in a block (docs/interop/qcow2, "Host cluster management").
 *
 * @param order a refcount has 1 &lt;&lt; that many bits
 */
record RefcountWidth(int order) {
    /** The largest count. */
    long most() {
        return order == 6 ? Long.MAX_VALUE : (1L << (1 << order)) - 1;
    }

    long get(ByteBuffer bytes, int index) {
        return switch (order) {
            case 0, 1, 2 -> bytes.get(index << order >> 3) >> (index << order & 7) & (1 << (1 << order)) - 1;
            case 3 -> bytes.get(index) & 0xff;
            case 4 -> bytes.getShort(2 * index) & 0xffff;
            case 5 -> bytes.getInt(4 * index) & 0xffff_ffffL;
            default -> bytes.getLong(8 * index);
        };
    }

    void set(ByteBuffer bytes, int index, long value) {
        switch (order) {
            case 0, 1, 2 -> {
                int at = index << order >> 3;
                int shift = index << order & 7;
                int mask = (1 << (1 << order)) - 1 << shift;
                bytes.put(at, (byte) (bytes.get(at) & ~mask | (int) value << shift));
            }
            case 3 -> bytes.put(index, (byte) value);
            case 4 -> bytes.putShort(2 * index, (short) value);
            case 5 -> bytes.putInt(4 * index, (int) value);
            default -> bytes.putLong(8 * index, value);
        }
    }
}
