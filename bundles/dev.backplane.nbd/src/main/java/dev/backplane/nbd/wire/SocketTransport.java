package dev.backplane.nbd.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * A socket as it is. A blocking one waits in the host, for as long as it takes; one that does not block waits here, so that whoever waits
 * can be told to give up, and holds no memory of a caller meanwhile.
 */
public final class SocketTransport implements Transport {
    private static final long LOOK_MILLIS = 200;

    private final SocketChannel channel;
    private final Patience patience;
    // One for each direction, since two threads may wait. Made when there is something to wait for.
    private @Nullable Selector readable;
    private @Nullable Selector writable;
    private boolean closed;

    /**
     * A socket.
     *
     * @param channel blocking or not; belongs to the transport
     * @param patience asked while it waits, if it does not block
     */
    public SocketTransport(SocketChannel channel, Patience patience) {
        this.channel = channel;
        this.patience = patience;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        for (; ; ) {
            int count = channel.read(target);
            if (count != 0) {
                return count;
            }
            await(selector(false));
        }
    }

    @Override
    public void write(ByteBuffer... sources) throws IOException {
        while (hasRemaining(sources)) {
            long count = sources.length == 1 ? channel.write(sources[0]) : channel.write(sources);
            if (count == 0) {
                await(selector(true));
            }
        }
    }

    private static boolean hasRemaining(ByteBuffer[] sources) {
        for (ByteBuffer each : sources) {
            if (each.hasRemaining()) {
                return true;
            }
        }
        return false;
    }

    private synchronized Selector selector(boolean forWriting) throws IOException {
        Selector selector = forWriting ? writable : readable;
        if (selector == null) {
            if (closed) {
                throw new ClosedChannelException();
            }
            selector = Selector.open();
            if (forWriting) {
                writable = selector;
            } else {
                readable = selector;
            }
            channel.register(selector, forWriting ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }
        return selector;
    }

    private void await(Selector selector) throws IOException {
        patience.check();
        try {
            selector.select(key -> {}, LOOK_MILLIS);
        } catch (ClosedSelectorException e) {
            throw new ClosedChannelException();
        }
        if (!channel.isOpen()) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public void finish() {
        // A socket's end says it.
    }

    /** Gives the socket back, open: another transport goes on with it. */
    public synchronized void detach() {
        closed = true;
        close(readable);
        close(writable);
    }

    @Override
    public void close() {
        detach();
        try {
            channel.close();
        } catch (IOException e) {
            // There is nothing to be done about it, and nothing is lost.
        }
    }

    private static void close(@Nullable Selector selector) {
        if (selector != null) {
            try {
                selector.close();
            } catch (IOException e) {
                // As above.
            }
        }
    }
}
