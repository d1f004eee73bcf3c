package dev.backplane.network.user.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.PartContext;
import dev.backplane.api.part.RevokedException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * The sockets of connections. They belong to the bay, each under a number, so that a successor in the same process finds them
 * open and goes on with the connection.
 */
final class HostSockets {
    private static final String CONNECTION = "connection ";

    private final PartContext context;
    private final Poller poller;
    private long next;

    HostSockets(PartContext context, Poller poller, long next) {
        this.context = context;
        this.poller = poller;
        this.next = next;
    }

    Poller poller() {
        return poller;
    }

    /** The number of the next socket. */
    long next() {
        return next;
    }

    /** Begins to connect; the owner is told how that ends. */
    ChannelStream connect(InetSocketAddress target, TcpConnection owner) throws IOException {
        ChannelStream stream = keep(SocketChannel.open());
        try {
            stream.connect(target, owner);
            return stream;
        } catch (IOException e) {
            stream.close();
            throw e;
        } catch (RuntimeException e) {
            stream.close();
            // An address of a family that this host does not have, most likely.
            throw new IOException(e);
        }
    }

    /** A connection that came from the host's side. */
    ChannelStream accepted(SocketChannel channel) throws IOException {
        return keep(channel);
    }

    private ChannelStream keep(SocketChannel channel) throws IOException {
        long number = next++;
        try {
            channel.configureBlocking(false);
            context.resource(CONNECTION + number, SocketChannel.class, () -> channel);
        } catch (ConfigurationException e) {
            channel.close();
            throw new IOException(e);
        }
        return new ChannelStream(this, channel, number);
    }

    /** The socket that a predecessor left, or null. */
    @Nullable
    ChannelStream find(long number) {
        try {
            SocketChannel channel = context.resource(CONNECTION + number, SocketChannel.class, () -> {
                throw new IOException("the connection did not come along");
            });
            return new ChannelStream(this, channel, number);
        } catch (ConfigurationException gone) {
            return null;
        }
    }

    /** Closes a socket. */
    void release(long number) {
        try {
            context.release(CONNECTION + number);
        } catch (RevokedException fenced) {
            // It is the bay's to close.
        }
    }
}
