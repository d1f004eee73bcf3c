package dev.backplane.network.user.internal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A socket of the host that does what a test says. */
final class FakeStream implements HostStream {
    /** What the connection has written. */
    final ByteArrayOutputStream written = new ByteArrayOutputStream();
    /** How much more it may write. */
    int room = Integer.MAX_VALUE;

    boolean awaitsReadable;
    boolean awaitsWritable;
    boolean outputShut;
    boolean closed;
    boolean reset;
    boolean broken;
    TcpConnection owner;

    private ByteBuffer toRead = ByteBuffer.allocate(0);
    private boolean ended;

    /** The host's peer sends. */
    void supply(byte[] bytes) {
        ByteBuffer all = ByteBuffer.allocate(toRead.remaining() + bytes.length);
        all.put(toRead).put(bytes).flip();
        toRead = all;
        tell();
    }

    /** The host's peer ends its direction. */
    void finish() {
        ended = true;
        tell();
    }

    /** The host's peer has gone. */
    void breakOff() {
        broken = true;
        tell();
    }

    /** The host takes more. */
    void take(int bytes) {
        room = (int) Math.min(Integer.MAX_VALUE, (long) room + bytes);
        if (awaitsWritable && !closed && !reset) {
            owner.writable();
        }
    }

    /** What a level-triggered poller does. */
    void tell() {
        if (awaitsReadable && !closed && !reset && (toRead.hasRemaining() || ended || broken)) {
            owner.readable();
        }
    }

    int left() {
        return toRead.remaining();
    }

    @Override
    public long number() {
        return 7;
    }

    @Override
    public void own(TcpConnection connection) {
        owner = connection;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        check();
        if (!toRead.hasRemaining()) {
            return ended ? -1 : 0;
        }
        int count = Math.min(target.remaining(), toRead.remaining());
        target.put(toRead.slice(toRead.position(), count));
        toRead.position(toRead.position() + count);
        return count;
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        check();
        if (outputShut) {
            throw new IOException("written after its end");
        }
        int count = Math.min(room, source.remaining());
        byte[] bytes = new byte[count];
        source.get(bytes);
        written.writeBytes(bytes);
        room -= count;
        return count;
    }

    @Override
    public void shutdownOutput() throws IOException {
        check();
        outputShut = true;
    }

    private void check() throws IOException {
        if (broken) {
            throw new IOException("Connection reset by peer");
        }
        if (closed || reset) {
            throw new AssertionError("used after its end");
        }
    }

    @Override
    public void await(boolean readable, boolean writable) {
        awaitsReadable = readable;
        awaitsWritable = writable;
    }

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public void reset() {
        reset = true;
    }
}
