package dev.backplane.network.stream.internal;

import dev.backplane.api.network.NetworkContext;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.RevokedException;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import org.jspecify.annotations.Nullable;

/** The sockets, which the bay holds: a successor finds them open. For one thread at a time. */
final class Connection {
    private static final String LISTENER = "listener";
    private static final String FAR_END = "far-end";

    private final NetworkContext context;
    private final Endpoint endpoint;
    private final @Nullable ServerSocketChannel listener;
    private @Nullable SocketChannel farEnd;

    Connection(NetworkContext context, Endpoint endpoint, boolean server) throws ConfigurationException {
        this.context = context;
        this.endpoint = endpoint;
        listener = server ? context.resource(LISTENER, ServerSocketChannel.class, endpoint::listen) : null;
        farEnd = existing(context);
    }

    private static @Nullable SocketChannel existing(NetworkContext context) {
        try {
            return context.resource(FAR_END, SocketChannel.class, () -> {
                throw new IOException("nobody is connected");
            });
        } catch (ConfigurationException nobody) {
            return null;
        }
    }

    @Nullable
    ServerSocketChannel listener() {
        return listener;
    }

    /** The far end, which may not have answered yet. */
    @Nullable
    SocketChannel farEnd() {
        return farEnd;
    }

    /** Takes the next caller, or turns it away where there is one already. */
    void accept(ServerSocketChannel from) throws IOException {
        SocketChannel next = from.accept();
        if (next == null) {
            return;
        }
        if (farEnd != null) {
            next.close();
            return;
        }
        next.configureBlocking(false);
        keep(next);
    }

    void call() throws IOException {
        keep(endpoint.call());
    }

    private void keep(SocketChannel next) throws IOException {
        try {
            farEnd = context.resource(FAR_END, SocketChannel.class, () -> next);
        } catch (ConfigurationException e) {
            next.close();
            throw new IOException(e);
        }
    }

    void drop() {
        farEnd = null;
        context.release(FAR_END);
    }

    /** This is the end of the port, not only of the part. */
    void close() {
        try {
            drop();
            context.release(LISTENER);
            if (listener != null && endpoint.path() != null) {
                Files.deleteIfExists(endpoint.path());
            }
        } catch (RevokedException fenced) {
            // The sockets stay with the bay, for whoever comes next.
        } catch (IOException e) {
            context.logger().log(System.Logger.Level.WARNING, "{0} is left over: {1}", endpoint, e.getMessage());
        }
    }

    @Override
    public String toString() {
        return endpoint.toString();
    }
}
