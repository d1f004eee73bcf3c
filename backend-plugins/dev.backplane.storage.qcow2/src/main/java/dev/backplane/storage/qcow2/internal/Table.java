package dev.backplane.storage.qcow2.internal;

import java.nio.ByteBuffer;

/** A cluster of metadata in memory, big-endian, and whether it differs from the one in the image. */
final class Table {
    final long offset;
    final ByteBuffer bytes;
    boolean changed;

    Table(long offset, ByteBuffer bytes) {
        this.offset = offset;
        this.bytes = bytes;
    }

    /** The same bytes, to be changed without this one. */
    Table copy() {
        int length = bytes.capacity();
        return new Table(offset, ByteBuffer.allocate(length).put(0, bytes, 0, length));
    }

    long entry(int index) {
        return bytes.getLong(8 * index);
    }

    void entry(int index, long value) {
        bytes.putLong(8 * index, value);
        changed = true;
    }
}
