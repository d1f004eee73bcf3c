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

    private static final long ASK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Link link;
    private final Outside outside;
    private final Output output;
    private final Tcp tcp;
    private final Udp udp;
    private final HostSockets sockets;
    private final ToLongFunction<Address> macOf;
    private final LongSupplier clock;
    private final List<Waiting> waiting = new ArrayList<>();

    /** Datagrams wait in their socket until the guest takes them. */
    private record Waiting(Forward forward, SelectionKey key, long askedAt) {}

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
        sockets.poller().register(listener, SelectionKey.OP_ACCEPT, operations -> accept(forward, listener));
    }

    /** Begins to take what comes. */
    void listen(Forward forward, DatagramChannel socket) throws IOException {
        SelectionKey[] key = new SelectionKey[1];
        key[0] =
                sockets.poller().register(socket, SelectionKey.OP_READ, operations -> receive(forward, socket, key[0]));
    }

    private void accept(Forward forward, ServerSocketChannel listener) {
        for (int i = 0; i < BURST; i++) {
            try {
                SocketChannel channel = listener.accept();
                if (channel == null) {
                    return;
                }
                connect(forward, sockets.accepted(channel));
            } catch (IOException gone) {
                // Whoever it was, or the listener, whose end the bay sees to.
                return;
            }
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
                key.interestOps(0);
                waiting.add(new Waiting(forward, key, clock.getAsLong()));
                return;
            }
            // The addresses follow when the sender is known.
            int data = output.begin(mac, link.gateway(forward.guest()), forward.guest(), Packet.UDP) + Udp.HEADER_BYTES;
            ByteBuffer datagram = ByteBuffer.wrap(output.bytes, data, Udp.MOST_BYTES);
            InetSocketAddress sender;
            try {
                sender = (InetSocketAddress) socket.receive(datagram);
            } catch (IOException gone) {
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
                each.key().interestOps(SelectionKey.OP_READ);
            }
        }
    }

    /** Asks once more for addresses that are not known. Returns when to call again. */
    long tick(long now) {
        long next = Long.MAX_VALUE;
        for (int i = 0; i < waiting.size(); i++) {
            Waiting each = waiting.get(i);
            if (each.askedAt() + ASK_AGAIN_NANOS <= now) {
                macOf.applyAsLong(each.forward().guest());
                each = new Waiting(each.forward(), each.key(), now);
                waiting.set(i, each);
            }
            next = Math.min(next, each.askedAt() + ASK_AGAIN_NANOS);
        }
        return next;
    }
}
