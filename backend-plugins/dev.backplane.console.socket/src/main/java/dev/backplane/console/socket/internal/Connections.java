package dev.backplane.console.socket.internal;

import dev.backplane.api.console.ConsoleContext;
import dev.backplane.api.part.ConfigurationException;
import java.io.IOException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The listening socket and the one client, which the bay holds: a successor finds both open. */
final class Connections {
    static final String LISTENER = "listener";
    static final String CLIENT = "client";

    private final ConsoleContext context;
    private final ServerSocketChannel listener;
    private @Nullable SocketChannel client;

    private Connections(ConsoleContext context, ServerSocketChannel listener, @Nullable SocketChannel client) {
        this.context = context;
        this.listener = listener;
        this.client = client;
    }

    static Connections open(ConsoleContext context, Path path) throws ConfigurationException {
        ServerSocketChannel listener =
                context.resource(LISTENER, ServerSocketChannel.class, () -> UnixSocket.listen(path));
        return new Connections(context, listener, existingClient(context));
    }

    ServerSocketChannel listener() {
        return listener;
    }

    @Nullable
    SocketChannel client() {
        return client;
    }

    /** Takes the next client, or turns it away where there is one already. True for a new client. */
    boolean accept() throws IOException {
        SocketChannel next = listener.accept();
        if (next == null) {
            return false;
        }
        if (client != null) {
            next.close();
            return false;
        }
        next.configureBlocking(false);
        try {
            client = context.resource(CLIENT, SocketChannel.class, () -> next);
        } catch (ConfigurationException e) {
            throw new IOException(e);
        }
        return true;
    }

    /** Ends the connection with the client. */
    void drop() {
        client = null;
        context.release(CLIENT);
    }

    private static @Nullable SocketChannel existingClient(ConsoleContext context) {
        try {
            return context.resource(CLIENT, SocketChannel.class, () -> {
                throw new IOException("nobody is connected");
            });
        } catch (ConfigurationException nobody) {
            return null;
        }
    }
}
