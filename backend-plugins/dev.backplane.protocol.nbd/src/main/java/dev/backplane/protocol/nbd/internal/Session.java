package dev.backplane.protocol.nbd.internal;

import dev.backplane.nbd.wire.Inbox;
import dev.backplane.nbd.wire.Reply;
import dev.backplane.nbd.wire.Request;
import dev.backplane.nbd.wire.SocketTransport;
import dev.backplane.nbd.wire.Transport;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One connection, ready for requests. */
final class Session {
    private static final int INBOX_BYTES = 64 << 10;

    final Waiting waiting;
    final SocketTransport socket;
    final Transport transport;
    final Inbox inbox;
    final Terms terms;
    /** Whoever holds it sends; guards the next two. */
    final ReentrantLock sending = new ReentrantLock();

    final Request request = new Request();
    final ByteBuffer head = ByteBuffer.allocateDirect(Request.BYTES);

    /** For whoever receives. */
    final Reply reply = new Reply();

    /** Whether somebody receives. Guarded by the link's lock, as the next. */
    boolean receiving;

    /** Whose memory is being filled: it is not left to its owner before. */
    @Nullable
    Pending filling;

    Session(Waiting waiting, SocketTransport socket, Transport transport, Inbox inbox, Terms terms) {
        this.waiting = waiting;
        this.socket = socket;
        this.transport = transport;
        this.inbox = inbox;
        this.terms = terms;
    }

    /** One that goes on with a plain connection. */
    static Session resumed(SocketChannel channel, Terms terms) {
        Waiting waiting = new Waiting(System.nanoTime());
        SocketTransport socket = new SocketTransport(channel, waiting);
        return new Session(waiting, socket, socket, new Inbox(socket, INBOX_BYTES), terms);
    }

    boolean isSecure() {
        return transport != socket;
    }
}
