package dev.backplane.nbd.internal;

import dev.backplane.nbd.wire.Transport;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** A far end that has said all that it has to say, and takes everything. */
final class MemoryTransport implements Transport {
    private final ByteBuffer said;
    private final ByteArrayOutputStream heard = new ByteArrayOutputStream();

    MemoryTransport(byte[] said) {
        this.said = ByteBuffer.wrap(said);
    }

    @Override
    public synchronized int read(ByteBuffer target) {
        if (!said.hasRemaining()) {
            return -1;
        }
        int count = Math.min(said.remaining(), target.remaining());
        target.put(said.slice(said.position(), count));
        said.position(said.position() + count);
        return count;
    }

    @Override
    public synchronized void write(ByteBuffer... sources) {
        for (ByteBuffer source : sources) {
            byte[] bytes = new byte[source.remaining()];
            source.get(bytes);
            if (heard.size() < 1 << 20) {
                heard.writeBytes(bytes);
            }
        }
    }

    synchronized byte[] heard() {
        return heard.toByteArray();
    }

    @Override
    public void finish() {
        // Nothing is to be told.
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
