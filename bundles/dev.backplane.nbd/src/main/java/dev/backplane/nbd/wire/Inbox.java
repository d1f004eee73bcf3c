package dev.backplane.nbd.wire;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What has come and has not been looked at yet. For one thread at a time. */
public final class Inbox {
    private final Transport transport;
    /** Ready to be read from. */
    private final ByteBuffer buffer;

    /**
     * An empty one.
     *
     * @param transport where it comes from
     * @param capacityBytes the largest message that is looked at as a whole
     */
    public Inbox(Transport transport, int capacityBytes) {
        this.transport = transport;
        this.buffer = ByteBuffer.allocateDirect(capacityBytes).flip();
    }

    /**
     * How much is there without waiting.
     *
     * @return bytes
     */
    public int buffered() {
        return buffer.remaining();
    }

    /**
     * Waits for bytes.
     *
     * @param count how many are needed; at most the capacity
     * @return them, and maybe more, to be read from at once; null where the stream has ended before the first of them
     * @throws IOException when the connection is gone, or has ended within them
     */
    public @org.jspecify.annotations.Nullable ByteBuffer poll(int count) throws IOException {
        if (buffer.remaining() < count) {
            buffer.compact();
            try {
                while (buffer.position() < count) {
                    if (transport.read(buffer) < 0) {
                        if (buffer.position() == 0) {
                            return null;
                        }
                        throw ended();
                    }
                }
            } finally {
                buffer.flip();
            }
        }
        return buffer;
    }

    /**
     * Waits for bytes that have to come.
     *
     * @param count how many are needed; at most the capacity
     * @return them, and maybe more, to be read from at once
     * @throws IOException when the connection is gone, or has ended
     */
    public ByteBuffer take(int count) throws IOException {
        ByteBuffer bytes = poll(count);
        if (bytes == null) {
            throw ended();
        }
        return bytes;
    }

    /**
     * Fills a buffer, past this one where it can.
     *
     * @param target filled wholly
     * @throws IOException when the connection is gone, or has ended
     */
    public void fill(ByteBuffer target) throws IOException {
        int there = Math.min(buffer.remaining(), target.remaining());
        target.put(target.position(), buffer, buffer.position(), there);
        target.position(target.position() + there);
        buffer.position(buffer.position() + there);
        while (target.hasRemaining()) {
            if (transport.read(target) < 0) {
                throw ended();
            }
        }
    }

    /**
     * Passes over bytes.
     *
     * @param count how many
     * @throws IOException when the connection is gone, or has ended
     */
    public void skip(long count) throws IOException {
        for (long left = count; left > 0; ) {
            ByteBuffer bytes = take(1);
            int part = (int) Math.min(left, bytes.remaining());
            bytes.position(bytes.position() + part);
            left -= part;
        }
    }

    private static EOFException ended() {
        return new EOFException("the far end has closed the connection");
    }
}
