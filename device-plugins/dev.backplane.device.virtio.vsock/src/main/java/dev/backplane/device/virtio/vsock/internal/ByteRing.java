package dev.backplane.device.virtio.vsock.internal;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Bytes on their way to a program of the host's. Takes memory when it is first used. Guarded by the hub's monitor. */
final class ByteRing {
    private static final byte[] NONE = {};

    private final int capacity;
    private byte[] ring = NONE;
    private int head;
    private int size;

    ByteRing(int capacity) {
        this.capacity = capacity;
    }

    int size() {
        return size;
    }

    int room() {
        return capacity - size;
    }

    /** Appends all of it; there is room. */
    void add(MemorySegment source) {
        if (ring.length == 0) {
            ring = new byte[capacity];
        }
        int length = (int) source.byteSize();
        int tail = (head + size) % capacity;
        int first = Math.min(length, capacity - tail);
        MemorySegment target = MemorySegment.ofArray(ring);
        MemorySegment.copy(source, 0, target, tail, first);
        MemorySegment.copy(source, first, target, 0, length - first);
        size += length;
    }

    /** Writes what the channel takes; returns how much. */
    int writeTo(WritableByteChannel channel) throws IOException {
        int all = 0;
        while (size > 0) {
            int length = Math.min(size, capacity - head);
            int written = channel.write(ByteBuffer.wrap(ring, head, length));
            head = (head + written) % capacity;
            size -= written;
            all += written;
            if (written < length) {
                break;
            }
        }
        return all;
    }

    byte[] toByteArray() {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = ring[(head + i) % capacity];
        }
        return bytes;
    }
}
