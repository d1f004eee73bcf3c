package dev.backplane.nbd.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/** TLS over another transport. */
public final class TlsTransport implements Transport {
    /** A peer may send so many records without data between two with. */
    private static final int MOST_EMPTY_RECORDS = 1000;

    private final Transport below;
    private final SSLEngine engine;
    /** Records that have come, ready to be read from. */
    private final ByteBuffer received;
    /** What was in a record and had no room in the target, ready to be read from. */
    private final ByteBuffer opened;
    /** A record that is being made. Guarded by the lock, since an answer to the peer's key update is sent while reading. */
    private final ByteBuffer record;

    private final ReentrantLock writing = new ReentrantLock();

    private TlsTransport(Transport below, SSLEngine engine) {
        this.below = below;
        this.engine = engine;
        int recordBytes = engine.getSession().getPacketBufferSize();
        received = ByteBuffer.allocateDirect(4 * recordBytes).flip();
        opened = ByteBuffer.allocateDirect(engine.getSession().getApplicationBufferSize())
                .flip();
        record = ByteBuffer.allocateDirect(4 * recordBytes);
    }

    /**
     * Shakes hands.
     *
     * @param below carries the records; belongs to the new one from now on
     * @param engine which side it is, and whom it trusts
     * @return what carries data now
     * @throws IOException when the connection is gone, or one side does not trust the other
     */
    public static TlsTransport handshake(Transport below, SSLEngine engine) throws IOException {
        TlsTransport transport = new TlsTransport(below, engine);
        try {
            transport.handshake();
            return transport;
        } catch (SSLException e) {
            transport.tellWhy();
            throw new NbdException("the TLS handshake fails: " + e.getMessage());
        }
    }

    private void handshake() throws IOException {
        engine.beginHandshake();
        for (int step = 0; step < MOST_EMPTY_RECORDS; step++) {
            switch (engine.getHandshakeStatus()) {
                case NEED_WRAP -> wrap(ByteBuffer.allocate(0));
                case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
                    opened.compact();
                    try {
                        if (unwrap(opened) < 0) {
                            throw new NbdException("the far end has closed the connection during the TLS handshake");
                        }
                    } finally {
                        opened.flip();
                    }
                }
                case NEED_TASK -> runTasks();
                default -> {
                    return;
                }
            }
        }
        throw new NbdException("a TLS handshake of more than %d records".formatted(MOST_EMPTY_RECORDS));
    }

    /** The far end hears an alert, if it still listens. */
    private void tellWhy() {
        try {
            wrap(ByteBuffer.allocate(0));
        } catch (IOException gone) {
            // It does not.
        }
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        if (!opened.hasRemaining()) {
            // A record goes where it belongs, unless there is no room for a whole one.
            boolean direct = target.remaining() >= opened.capacity();
            ByteBuffer into = direct ? target : opened.clear();
            int count = 0;
            try {
                for (int i = 0; count == 0; i++) {
                    if (i == MOST_EMPTY_RECORDS) {
                        throw new NbdException("%d TLS records without data".formatted(i));
                    }
                    count = unwrap(into);
                }
            } finally {
                if (!direct) {
                    opened.flip();
                }
            }
            if (direct || count < 0) {
                return count;
            }
        }
        int count = Math.min(opened.remaining(), target.remaining());
        target.put(target.position(), opened, opened.position(), count);
        target.position(target.position() + count);
        opened.position(opened.position() + count);
        return count;
    }

    /** Opens one record. Returns how many bytes were in it, or -1 at the end. */
    private int unwrap(ByteBuffer target) throws IOException {
        for (; ; ) {
            SSLEngineResult result = engine.unwrap(received, target);
            switch (result.getStatus()) {
                case BUFFER_UNDERFLOW -> {
                    if (!receive()) {
                        return -1;
                    }
                    continue;
                }
                case BUFFER_OVERFLOW -> throw new NbdException("a TLS record that is too long");
                case CLOSED -> {
                    return result.bytesProduced() > 0 ? result.bytesProduced() : -1;
                }
                case OK -> {
                    // Below.
                }
            }
            if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
                runTasks();
            }
            if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
                wrap(ByteBuffer.allocate(0));
            }
            return result.bytesProduced();
        }
    }

    private boolean receive() throws IOException {
        received.compact();
        try {
            return below.read(received) > 0;
        } finally {
            received.flip();
        }
    }

    @Override
    public void write(ByteBuffer... sources) throws IOException {
        for (ByteBuffer source : sources) {
            if (source.hasRemaining()) {
                wrap(source);
            }
        }
    }

    /** Sends all of a source in records, several at a time; at least one record. */
    private void wrap(ByteBuffer source) throws IOException {
        writing.lock();
        try {
            do {
                record.clear();
                do {
                    SSLEngineResult result = engine.wrap(source, record);
                    if (result.getStatus() == Status.CLOSED && source.hasRemaining()) {
                        throw new NbdException("the far end has closed the TLS connection");
                    }
                    if (result.getStatus() == Status.BUFFER_OVERFLOW) {
                        break;
                    }
                } while (source.hasRemaining());
                below.write(record.flip());
            } while (source.hasRemaining());
        } finally {
            writing.unlock();
        }
    }

    @Override
    public void finish() throws IOException {
        engine.closeOutbound();
        wrap(ByteBuffer.allocate(0));
        below.finish();
    }

    @Override
    public void close() {
        below.close();
    }
}
