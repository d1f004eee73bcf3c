package dev.backplane.network.user.internal;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The user datagram protocol (RFC 768). Each pair of a guest's port and a destination has a connected socket of the host, so
 * that nobody else can answer; a port of the host that is forwarded has one socket for all who send to it.
 */
final class Udp {
    static final int HEADER_BYTES = 8;
    static final int CHECKSUM = 6;
    static final int MOST_BYTES = 65_507;
    /** RFC 4787 4.3 asks for two minutes at least. */
    static final long IDLE_NANOS = TimeUnit.MINUTES.toNanos(2);

    /** So many at once, then others have their turn. */
    private static final int BURST = 16;

    private static final int DNS = 53;
    private static final long DNS_IDLE_NANOS = TimeUnit.SECONDS.toNanos(15);

    private final Output output;
    private final IcmpErrors errors;
    private final Outside outside;
    private final Poller poller;
    private final FlowTable<UdpFlow> flows;
    private final LongSupplier clock;
    private final List<UdpFlow> held = new ArrayList<>();
    private long nextLook = Long.MAX_VALUE;

    Udp(
            Output output,
            IcmpErrors errors,
            Outside outside,
            Poller poller,
            FlowTable<UdpFlow> flows,
            LongSupplier clock) {
        this.output = output;
        this.errors = errors;
        this.outside = outside;
        this.poller = poller;
        this.flows = flows;
        this.clock = clock;
    }

    /** Whether the header of a packet is right. Cuts off what lies behind its datagram. */
    static boolean isSound(Packet packet) {
        if (packet.length() < HEADER_BYTES) {
            return false;
        }
        int length = Wire.u16(packet.bytes, packet.payload + 4);
        if (length < HEADER_BYTES || length > packet.length()) {
            return false;
        }
        packet.end = packet.payload + length;
        boolean none = Wire.u16(packet.bytes, packet.payload + CHECKSUM) == 0;
        // IPv6 has no datagrams without a checksum (RFC 8200 8.1).
        return none ? !packet.v6 || packet.checksumGood : packet.isSound();
    }

    /** Takes a sound packet of the guest. */
    void receive(Packet packet) {
        long now = clock.getAsLong();
        int guestPort = Wire.u16(packet.bytes, packet.payload);
        int peerPort = Wire.u16(packet.bytes, packet.payload + 2);
        UdpFlow flow = flows.find(packet, guestPort, peerPort);
        if (flow == null) {
            flow = open(packet, guestPort, peerPort);
        }
        if (flow == null) {
            return;
        }
        flow.mac = packet.mac;
        flows.touch(flow, now);
        int from = packet.payload + HEADER_BYTES;
        try {
            flow.send(ByteBuffer.wrap(packet.bytes, from, packet.end - from));
        } catch (IOException e) {
            failed(flow, e);
        }
    }

    private @Nullable UdpFlow open(Packet packet, int guestPort, int peerPort) {
        InetSocketAddress target = outside.find(packet.target(), peerPort);
        if (target == null || guestPort == 0) {
            errors.unreachable(packet, IcmpErrors.Reason.PROHIBITED);
            return null;
        }
        makeRoom();
        DatagramChannel channel = null;
        try {
            channel = DatagramChannel.open();
            channel.connect(target);
            UdpFlow flow = new UdpFlow(packet.source(), guestPort, packet.target(), peerPort, channel, target);
            flow.key = poller.register(channel, SelectionKey.OP_READ, operations -> readable(flow));
            add(flow);
            return flow;
        } catch (IOException | RuntimeException e) {
            close(channel);
            errors.unreachable(packet, IcmpErrors.Reason.HOST);
            return null;
        }
    }

    /** The flow in which a sender on the host's side talks to a guest by way of a forward, made if need be. */
    UdpFlow forwarded(
            Address guest,
            int guestPort,
            Address peer,
            int peerPort,
            DatagramChannel through,
            InetSocketAddress sender) {
        int port = peerPort;
        UdpFlow flow = flows.find(guest, guestPort, peer, port);
        // Another sender that the guest sees at the same address: it gets the next port.
        while (flow != null && !sender.equals(flow.host)) {
            port = port % 65_535 + 1;
            flow = flows.find(guest, guestPort, peer, port);
        }
        if (flow == null) {
            makeRoom();
            flow = new UdpFlow(guest, guestPort, peer, port, through, sender);
            add(flow);
        } else {
            flows.touch(flow, clock.getAsLong());
        }
        return flow;
    }

    private void add(UdpFlow flow) {
        long now = clock.getAsLong();
        flows.add(flow, now);
        nextLook = Math.min(nextLook, now + patience(flow));
    }

    private void makeRoom() {
        UdpFlow oldest = flows.oldest();
        if (flows.isFull() && oldest != null) {
            remove(oldest);
        }
    }

    private void readable(UdpFlow flow) {
        for (int i = 0; i < BURST && flow.isOpen(); i++) {
            if (output.isFull()) {
                hold(flow);
                return;
            }
            int payload = output.begin(flow.mac, flow.peer, flow.guest, Packet.UDP) + HEADER_BYTES;
            ByteBuffer datagram = ByteBuffer.wrap(output.bytes, payload, MOST_BYTES);
            try {
                SocketAddress sender = flow.channel.receive(datagram);
                if (sender == null) {
                    return;
                }
                if (!flow.isFrom(sender)) {
                    continue;
                }
                int count = datagram.position() - payload;
                flows.touch(flow, clock.getAsLong());
                output.sendDatagram(flow.peerPort, flow.guestPort, payload, count);
            } catch (IOException e) {
                failed(flow, e);
                return;
            }
        }
    }

    /** The guest takes no more: what arrives waits in the host's socket, which loses what it has no room for. */
    private void hold(UdpFlow flow) {
        if (flow.key != null) {
            flow.key.interestOps(0);
            held.add(flow);
        }
    }

    /** The guest takes frames again. */
    void writable() {
        for (UdpFlow flow : held) {
            if (flow.key != null && flow.key.isValid()) {
                flow.key.interestOps(SelectionKey.OP_READ);
            }
        }
        held.clear();
    }

    private void failed(UdpFlow flow, IOException e) {
        boolean port = e instanceof PortUnreachableException;
        IcmpErrors.Reason reason = port ? IcmpErrors.Reason.PORT : IcmpErrors.Reason.HOST;
        // The sum that stands behind the ports is not known any more; nobody asks for it.
        errors.unreachable(flow, Packet.UDP, HEADER_BYTES << 16, reason);
        if (!port) {
            remove(flow);
        }
    }

    /** Ends what was silent for too long. Returns when to call again. */
    long tick(long now) {
        if (nextLook - now > 0) {
            return nextLook;
        }
        nextLook = Long.MAX_VALUE;
        UdpFlow next;
        for (UdpFlow flow = flows.oldest(); flow != null; flow = next) {
            next = flows.after(flow);
            long end = flow.usedAt + patience(flow);
            if (end - now <= 0) {
                remove(flow);
            } else {
                nextLook = Math.min(nextLook, end);
            }
        }
        return nextLook;
    }

    private static long patience(UdpFlow flow) {
        return flow.peerPort == DNS ? DNS_IDLE_NANOS : IDLE_NANOS;
    }

    private void remove(UdpFlow flow) {
        flows.remove(flow);
        held.remove(flow);
        if (flow.key != null) {
            close(flow.channel);
        }
    }

    /** Ends all of them. */
    void close() {
        UdpFlow flow = flows.oldest();
        while (flow != null) {
            remove(flow);
            flow = flows.oldest();
        }
    }

    private static void close(@Nullable DatagramChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException gone) {
                // It is gone all the same.
            }
        }
    }

    /** How many flows there are. */
    int flows() {
        return flows.size();
    }
}
