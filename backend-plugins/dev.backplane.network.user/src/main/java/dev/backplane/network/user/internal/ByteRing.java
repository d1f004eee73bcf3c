package dev.backplane.network.user.internal;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/** Bytes of a connection on their way, each at the place that its sequence number gives it. */
final class ByteRing {
    /** The greatest window that a segment can state without scaling (RFC 9293 3.1): one byte less than the ring has. */
    static final int CAPACITY = 0xffff;

    private static final int MASK = CAPACITY;

    private final byte[] bytes = new byte[CAPACITY + 1];
    private final ByteBuffer view = ByteBuffer.wrap(bytes);

    /** Rings that are not in use, so that connections that come and go make no garbage. */
    static final class Pool {
        private static final int MOST_SPARE = 16;
        private final ArrayDeque<ByteRing> spare = new ArrayDeque<>();
        private int used;

        ByteRing take() {
            used++;
            ByteRing ring = spare.poll();
            return ring == null ? new ByteRing() : ring;
        }

        void give(ByteRing ring) {
            used--;
            if (spare.size() < MOST_SPARE) {
                spare.push(ring);
            }
        }

        /** How many are in use. */
        int used() {
            return used;
        }
    }

    void put(int sequence, byte[] source, int from, int length) {
        int at = sequence & MASK;
        int straight = Math.min(length, bytes.length - at);
        System.arraycopy(source, from, bytes, at, straight);
        System.arraycopy(source, from + straight, bytes, 0, length - straight);
    }

    void get(int sequence, byte[] target, int to, int length) {
        int at = sequence & MASK;
        int straight = Math.min(length, bytes.length - at);
        System.arraycopy(bytes, at, target, to, straight);
        System.arraycopy(bytes, 0, target, to + straight, length - straight);
    }

    /** So much of a range as lies in one piece. Valid until the next call. */
    ByteBuffer view(int sequence, int length) {
        int at = sequence & MASK;
        return view.clear().limit(Math.min(at + length, bytes.length)).position(at);
    }
}
