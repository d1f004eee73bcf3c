package dev.backplane.network.user.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.PartContext;
import dev.backplane.api.part.RevokedException;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.util.List;

/** The sockets of forwarded ports, which the bay holds: a successor finds them open. */
final class Listeners {
    private final PartContext context;
    private final List<Forward> forwards;

    private Listeners(PartContext context, List<Forward> forwards) {
        this.context = context;
        this.forwards = forwards;
    }

    static Listeners open(PartContext context, List<Forward> forwards) throws ConfigurationException {
        Listeners listeners = new Listeners(context, forwards);
        for (Forward forward : forwards) {
            if (forward.protocol() == Forward.Protocol.TCP) {
                listeners.connections(forward);
            } else {
                listeners.datagrams(forward);
            }
        }
        return listeners;
    }

    private ServerSocketChannel connections(Forward forward) throws ConfigurationException {
        return context.resource(forward.key(), ServerSocketChannel.class, () -> {
            ServerSocketChannel channel = ServerSocketChannel.open();
            return bind(channel, forward, address -> {
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                channel.bind(address);
            });
        });
    }

    private DatagramChannel datagrams(Forward forward) throws ConfigurationException {
        return context.resource(forward.key(), DatagramChannel.class, () -> {
            DatagramChannel channel = DatagramChannel.open();
            return bind(channel, forward, channel::bind);
        });
    }

    /** Gives a channel its address. */
    @FunctionalInterface
    private interface Bind {
        void to(SocketAddress address) throws IOException;
    }

    private static <C extends AutoCloseable> C bind(C channel, Forward forward, Bind bind) throws Exception {
        try {
            bind.to(forward.host());
            return channel;
        } catch (IOException e) {
            channel.close();
            throw new ConfigurationException("forward: %s cannot be listened at: %s: choose another port or host"
                    .formatted(forward.key(), e.getMessage()));
        }
    }

    List<Forward> forwards() {
        return forwards;
    }

    /** Begins to take what comes. */
    void start(Forwards to) throws IOException, ConfigurationException {
        for (Forward forward : forwards) {
            if (forward.protocol() == Forward.Protocol.TCP) {
                to.listen(forward, connections(forward));
            } else {
                to.listen(forward, datagrams(forward));
            }
        }
    }

    /** Closes them: the network is no more. */
    void close() {
        try {
            forwards.forEach(forward -> context.release(forward.key()));
        } catch (RevokedException fenced) {
            // They stay with the bay, for whoever comes next.
        }
    }
}
