package dev.backplane.nbd.internal;

import dev.backplane.nbd.wire.Reply;
import dev.backplane.nbd.wire.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Replies on their way to the client. Small ones are collected, so that many leave at once; the bytes of large ones are not copied. Any
 * thread; nothing is allocated for a reply.
 */
final class Outbox {
    private static final int CAPACITY_BYTES = 128 << 10;
    /** Up to here a copy is cheaper than a system call. */
    private static final int COPIED_BYTES = 16 << 10;

    private final Transport transport;
    private final ReentrantLock lock = new ReentrantLock();
    private final ByteBuffer collected = ByteBuffer.allocateDirect(CAPACITY_BYTES);
    private final ByteBuffer[] one = {collected};
    private final ByteBuffer[] two = {collected, collected};

    Outbox(Transport transport) {
        this.transport = transport;
    }

    /**
     * Puts a reply behind the others.
     *
     * @param reply its head
     * @param data what follows; emptied
     * @param now whether it has to leave soon, since nobody will call {@link #flush}
     */
    void send(Reply reply, ByteBuffer data, boolean now) throws IOException {
        lock.lock();
        try {
            boolean copied = data.remaining() <= COPIED_BYTES;
            if (collected.remaining() < Reply.CHUNK_BYTES + (copied ? data.remaining() : 0)) {
                write(one);
            }
            reply.put(collected);
            if (copied) {
                collected.put(data);
            } else {
                two[1] = data;
                write(two);
                two[1] = collected;
            }
            // Who waits for the lock has a reply too, and sends both.
            if (now && !lock.hasQueuedThreads() && collected.position() > 0) {
                write(one);
            }
        } finally {
            lock.unlock();
        }
    }

    private void write(ByteBuffer[] buffers) throws IOException {
        collected.flip();
        try {
            transport.write(buffers);
        } finally {
            collected.clear();
        }
    }

    /** What has been collected leaves. */
    void flush() throws IOException {
        lock.lock();
        try {
            if (collected.position() > 0) {
                write(one);
            }
        } finally {
            lock.unlock();
        }
    }
}
