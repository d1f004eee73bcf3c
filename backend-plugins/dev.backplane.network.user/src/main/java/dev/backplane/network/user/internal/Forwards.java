package dev.backplane.network.user.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;

/** Takes connections and datagrams from the host's side to the guest. The sockets belong to the bay. */
final class Forwards {
    /** So many at once, then others have their turn. */
    private static final int BURST = 16;

    private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Link link;
    private final Outside outside;
    private final Output output;
    private final Tcp tcp;
    private final Udp udp;
    private final HostSockets sockets;
    private final ToLongFunction<Address> macOf;
    private final LongSupplier clock;
    private final List<Waiting> waiting = new ArrayList<>();

    /** What comes waits in its socket, until the guest takes it or a while has passed. */
    private record Waiting(Forward forward, SelectionKey key, long since) {}

    Forwards(
            Link link,
            Outside outside,
            Output output,
            Tcp tcp,
            Udp udp,
            HostSockets sockets,
            ToLongFunction<Address> macOf,
            LongSupplier clock) {
        this.link = link;
        this.outside = outside;
        this.output = output;
        this.tcp = tcp;
        this.udp = udp;
        this.sockets = sockets;
        this.macOf = macOf;
        this.clock = clock;
    }

    /** Begins to take what comes. */
    void listen(Forward forward, ServerSocketChannel listener) throws IOException {
        SelectionKey[] key = new SelectionKey[1];
        key[0] = sockets.poller()
                .register(listener, SelectionKey.OP_ACCEPT, operations -> accept(forward, listener, key[0]));
    }

    /** Begins to take what comes. */
    void listen(Forward forward, DatagramChannel socket) throws IOException {
        SelectionKey[] key = new SelectionKey[1];
        key[0] =
                sockets.poller().register(socket, SelectionKey.OP_READ, operations -> receive(forward, socket, key[0]));
    }

    private void accept(Forward forward, ServerSocketChannel listener, SelectionKey key) {
        for (int i = 0; i < BURST; i++) {
            try {
                SocketChannel channel = listener.accept();
                if (channel == null) {
                    return;
                }
                connect(forward, sockets.accepted(channel));
            } catch (IOException e) {
                // No descriptor is left, most likely. It would be told of the same connection at once.
                pause(forward, key);
                return;
            }
        }
    }

    /** Looks at a socket no more for a while. */
    private void pause(Forward forward, SelectionKey key) {
        if (key.isValid()) {
            key.interestOps(0);
            waiting.add(new Waiting(forward, key, clock.getAsLong()));
        }
    }

    private void connect(Forward forward, ChannelStream stream) {
        try {
            InetSocketAddress sender = stream.remote();
            Address peer = asTheGuestSees(sender.getAddress(), forward.guest());
            TcpConnection connection =
                    tcp.forward(forward.guest(), forward.guestPort(), peer, sender.getPort(), stream);
            if (connection == null) {
                stream.reset();
            } else {
                stream.own(connection);
            }
        } catch (IOException gone) {
            stream.reset();
        }
    }

    private void receive(Forward forward, DatagramChannel socket, SelectionKey key) {
        long mac = macOf.applyAsLong(forward.guest());
        for (int i = 0; i < BURST; i++) {
            if (mac == Neighbours.UNKNOWN || output.isFull()) {
                pause(forward, key);
                return;
            }
            // The addresses follow when the sender is known.
            int data = output.begin(mac, link.gateway(forward.guest()), forward.guest(), Packet.UDP) + Udp.HEADER_BYTES;
            ByteBuffer datagram = ByteBuffer.wrap(output.bytes, data, Udp.MOST_BYTES);
            InetSocketAddress sender;
            try {
                sender = (InetSocketAddress) socket.receive(datagram);
            } catch (IOException e) {
                pause(forward, key);
                return;
            }
            if (sender == null) {
                return;
            }
            int count = datagram.position() - data;
            Address peer = asTheGuestSees(sender.getAddress(), forward.guest());
            UdpFlow flow = udp.forwarded(forward.guest(), forward.guestPort(), peer, sender.getPort(), socket, sender);
            flow.mac = mac;
            output.begin(mac, peer, forward.guest(), Packet.UDP);
            output.sendDatagram(flow.peerPort, flow.guestPort, data, count);
        }
    }

    /** Hosts of the guest's family that it could reach keep their address; any other comes from the router. */
    private Address asTheGuestSees(InetAddress sender, Address guest) {
        Address address = Address.of(sender);
        return address.isV4() == guest.isV4() && outside.isPublic(address) ? address : link.gateway(guest);
    }

    /** The guest takes frames again, or an address of it has become known. */
    void retry() {
        List<Waiting> before = List.copyOf(waiting);
        waiting.clear();
        for (Waiting each : before) {
            if (each.key().isValid()) {
                boolean listens = each.forward().protocol() == Forward.Protocol.TCP;
                each.key().interestOps(listens ? SelectionKey.OP_ACCEPT : SelectionKey.OP_READ);
            }
        }
    }

    /** Looks again at what was left alone for a while. Returns when to call again. */
    long tick(long now) {
        if (!waiting.isEmpty() && waiting.getFirst().since() + PAUSE_NANOS <= now) {
            retry();
        }
        return waiting.isEmpty() ? Long.MAX_VALUE : waiting.getFirst().since() + PAUSE_NANOS;
    }
}
