package dev.backplane.nbd;

import dev.backplane.nbd.internal.Conversation;
import dev.backplane.nbd.internal.Exports;
import dev.backplane.nbd.internal.Listener;
import dev.backplane.nbd.wire.SocketTransport;
import java.io.Closeable;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A server: fixed newstyle, structured replies, {@code base:allocation}. It listens from {@link #start} to {@link #close}, and has its own
 * threads; a client that breaks the protocol or goes away ends its own conversation and nothing else.
 *
 * <pre>{@code
 * var address = UnixDomainSocketAddress.of("/run/disk.sock");
 * var export = new NbdExport("", "a disk", storage, false, true);
 * try (NbdServer server = NbdServer.start(new NbdServerOptions(address), List.of(export))) {
 *     server.awaitEnd();
 * }
 * }</pre>
 */
public final class NbdServer implements Closeable {
    private static final System.Logger LOGGER = System.getLogger(NbdServer.class.getName());
    private static final long LOOK_MILLIS = 1000;
    /** How long {@link #close} waits for requests that are being carried out. */
    private static final long CLOSE_MILLIS = 10_000;

    private final NbdServerOptions options;
    private final Exports exports;
    private final Listener listener;
    private final Selector selector;
    private final Set<Conversation> conversations = new HashSet<>();
    private long ended;
    private boolean closed;

    private NbdServer(NbdServerOptions options, Exports exports, Listener listener, Selector selector) {
        this.options = options;
        this.exports = exports;
        this.listener = listener;
        this.selector = selector;
    }

    /**
     * Listens.
     *
     * @param options how it serves
     * @param exports what; their names differ
     * @return the server
     * @throws IOException when nobody can listen there; the message says why
     */
    public static NbdServer start(NbdServerOptions options, List<NbdExport> exports) throws IOException {
        Exports known = new Exports(exports);
        Listener listener = Listener.open(options.address());
        NbdServer server;
        try {
            Selector selector = Selector.open();
            listener.channel().register(selector, SelectionKey.OP_ACCEPT);
            server = new NbdServer(options, known, listener, selector);
        } catch (IOException e) {
            listener.close();
            throw e;
        }
        Thread.ofPlatform().daemon().name("nbd-server").start(server::run);
        return server;
    }

    /**
     * Where it listens.
     *
     * @return with the port that was chosen, where the options left that open
     */
    public SocketAddress address() {
        return listener.address();
    }

    private void run() {
        try {
            while (selector.isOpen()) {
                selector.select(key -> accept(), LOOK_MILLIS);
                endIdlers();
            }
        } catch (java.nio.channels.ClosedSelectorException e) {
            // It was closed.
        } catch (IOException e) {
            LOGGER.log(System.Logger.Level.ERROR, "{0}: nobody can connect any more: {1}", address(), e.getMessage());
        }
    }

    private void accept() {
        SocketChannel client = null;
        try {
            client = listener.accept();
            if (client != null) {
                admit(client);
            }
        } catch (IOException e) {
            // A client that was gone again, or no descriptors: the next may do better.
            LOGGER.log(System.Logger.Level.WARNING, "{0}: a client is turned away: {1}", address(), e.getMessage());
            Listener.close(client);
        }
    }

    private synchronized void admit(SocketChannel client) throws IOException {
        if (closed || conversations.size() >= options.mostClients()) {
            throw new IOException("there are %d already".formatted(conversations.size()));
        }
        SocketTransport transport = new SocketTransport(client, () -> {});
        Conversation conversation = new Conversation(transport, exports, options, this::left);
        conversations.add(conversation);
        conversation.start();
    }

    /** Who connects and then does nothing must not keep a place. */
    private void endIdlers() {
        List<Conversation> all;
        synchronized (this) {
            all = new ArrayList<>(conversations);
        }
        all.forEach(Conversation::endIfIdle);
    }

    private synchronized void left(Conversation conversation) {
        conversations.remove(conversation);
        ended++;
        notifyAll();
    }

    /**
     * Waits until it is closed.
     *
     * @throws InterruptedException when the wait is interrupted
     */
    public synchronized void awaitEnd() throws InterruptedException {
        while (!closed) {
            wait();
        }
    }

    /**
     * Waits until clients have come and all of them are gone, or it is closed.
     *
     * @throws InterruptedException when the wait is interrupted
     */
    public synchronized void awaitLastClient() throws InterruptedException {
        while (!closed && (ended == 0 || !conversations.isEmpty())) {
            wait();
        }
    }

    /**
     * Ends all conversations. Requests that are being carried out come to their end first; the storages stay open. Does nothing
     * the second time.
     */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            notifyAll();
        }
        try {
            selector.close();
        } catch (IOException e) {
            // Nothing depends on it.
        }
        listener.close();
        List<Conversation> all;
        synchronized (this) {
            all = new ArrayList<>(conversations);
        }
        all.forEach(Conversation::abort);
        awaitConversations();
    }

    private synchronized void awaitConversations() {
        long end = System.nanoTime() + CLOSE_MILLIS * 1_000_000;
        boolean interrupted = false;
        for (long left = CLOSE_MILLIS; !conversations.isEmpty() && left > 0; ) {
            try {
                wait(left);
            } catch (InterruptedException e) {
                interrupted = true;
            }
            left = (end - System.nanoTime()) / 1_000_000;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
