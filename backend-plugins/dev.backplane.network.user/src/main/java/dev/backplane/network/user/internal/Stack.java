package dev.backplane.network.user.internal;

import dev.backplane.api.network.Frame;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/** All protocols, put together. For one thread at a time; nothing here blocks. */
final class Stack {
    private final Output output;
    private final Ethernet ethernet;
    private final Arp arp;
    private final NeighbourDiscovery discovery;
    private final Neighbours neighbours = new Neighbours(this::neighbourLearned);
    private final Dhcp dhcp;
    private final Pinger pinger;
    private final Icmp icmp;
    private final Udp udp;
    private final Tcp tcp;
    private final Forwards forwards;
    private final HostSockets sockets;
    private final Link link;

    /**
     * Puts it together.
     *
     * @param link who is who
     * @param sink where frames for the guest go
     * @param resolver the host's name server
     * @param sockets the host's sockets
     * @param executor for what blocks
     * @param random for sequence numbers
     * @param clock the time
     * @param mostFlows the most connections, and the most flows of datagrams
     */
    Stack(
            Link link,
            FrameSink sink,
            Resolver resolver,
            HostSockets sockets,
            Executor executor,
            RandomGenerator random,
            LongSupplier clock,
            int mostFlows) {
        this.link = link;
        this.sockets = sockets;
        output = new Output(link, sink);
        Outside outside = new Outside(link, resolver);
        IcmpErrors errors = new IcmpErrors(link, output);
        Poller poller = sockets.poller();
        arp = new Arp(link, output, neighbours);
        discovery = new NeighbourDiscovery(link, output, neighbours, clock);
        dhcp = new Dhcp(link, output);
        pinger = new Pinger(executor, poller::wake);
        icmp = new Icmp(link, output, errors, outside, pinger);
        udp = new Udp(output, errors, outside, poller, new FlowTable<>(mostFlows, random.nextLong()), clock);
        FlowTable<TcpConnection> connections = new FlowTable<>(mostFlows, random.nextLong());
        tcp = new Tcp(link, output, errors, outside, new Around(), connections, random, clock);
        forwards = new Forwards(link, outside, output, tcp, udp, sockets, this::macOf, clock);
        Reassembly reassembly = new Reassembly(clock);
        Internet internet = new Internet(link, dhcp, discovery, icmp, errors, udp, tcp);
        ethernet = new Ethernet(link, arp, new Ipv4(link, reassembly), new Ipv6(link, reassembly), internet);
    }

    /** What TCP asks of the rest. */
    private final class Around implements Tcp.HostSide {
        @Override
        public HostStream connect(InetSocketAddress target, TcpConnection owner) throws IOException {
            return sockets.connect(target, owner);
        }

        @Override
        public long macOf(Address guest) {
            return Stack.this.macOf(guest);
        }
    }

    private long macOf(Address guest) {
        long mac = neighbours.mac(guest);
        if (mac == Neighbours.UNKNOWN) {
            if (guest.isV4()) {
                arp.ask(guest);
            } else {
                discovery.ask(guest);
            }
        }
        return mac;
    }

    private void neighbourLearned() {
        tcp.neighbourLearned();
        forwards.retry();
    }

    Forwards forwards() {
        return forwards;
    }

    /** Takes a frame of the guest. It is the caller's again when this returns. */
    void receive(byte[] bytes, Frame frame) {
        ethernet.receive(bytes, frame.length(), frame.hasChecksumToDo() || frame.hasChecksumGood());
    }

    /** The guest takes frames again. */
    void writable() {
        output.roomAgain();
        udp.writable();
        tcp.writable();
        forwards.retry();
    }

    /** Whether the guest takes no frames. */
    boolean isFull() {
        return output.isFull();
    }

    /** Does what has become possible by what was received, and what it is time for. Returns when to call again. */
    long work(long now) {
        icmp.answer();
        tcp.flush();
        long next = Math.min(tcp.tick(now), udp.tick(now));
        next = Math.min(next, forwards.tick(now));
        if (link.hasV6()) {
            next = Math.min(next, discovery.tick(now));
        }
        tcp.flush();
        return next;
    }

    /** For a successor. */
    UserState save(byte[] fromGuest, byte[] toGuest) {
        return new UserState(dhcp.leases(), neighbours.save(), tcp.save(), sockets.next(), fromGuest, toGuest);
    }

    /** Takes over what needs nothing from outside. */
    void restore(UserState state) {
        dhcp.restore(state.leases());
        for (UserState.Neighbour each : state.neighbours()) {
            neighbours.learn(new Address(each.high(), each.low()), each.mac());
        }
    }

    /** Goes on with a predecessor's connections. */
    void restoreConnections(UserState state) {
        for (TcpState each : state.connections()) {
            ChannelStream stream = sockets.find(each.socket());
            tcp.restore(each, stream == null ? NoStream.NONE : stream);
        }
    }

    /** How many connections and flows of datagrams there are. */
    int flows() {
        return tcp.connections().size() + udp.flows();
    }

    /** Breaks everything off. */
    void close() {
        tcp.close();
    }

    /** Gives up what does not move to a successor. */
    void release() {
        pinger.close();
        udp.close();
    }
}
