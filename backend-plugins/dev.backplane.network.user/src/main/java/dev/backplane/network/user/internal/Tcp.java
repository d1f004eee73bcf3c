package dev.backplane.network.user.internal;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The transmission control protocol (RFC 9293) as the guest sees it: all connections, and segments that belong to none. */
final class Tcp {
    /** An idle connection gives way to a new one after so long. */
    static final long SILENCE_NANOS = TimeUnit.MINUTES.toNanos(1);

    private static final long NEVER = Long.MAX_VALUE;

    private final Link link;
    private final Output output;
    private final IcmpErrors errors;
    private final Outside outside;
    private final HostSide hostSide;
    private final FlowTable<TcpConnection> connections;
    private final RandomGenerator random;
    private final LongSupplier clock;
    private final ByteRing.Pool rings = new ByteRing.Pool();
    private final TcpSegment segment = new TcpSegment();
    private final List<TcpConnection> due = new ArrayList<>();
    private final List<TcpConnection> pumping = new ArrayList<>();
    private long nextLook = NEVER;

    /** What Tcp asks of those around it. */
    interface HostSide {
        /** Begins to connect. The connection is told what comes of it. */
        HostStream connect(InetSocketAddress target, TcpConnection owner) throws IOException;

        /** The guest's Ethernet address behind one of its addresses, or {@link Neighbours#UNKNOWN}: then it is asked for. */
        long macOf(Address guest);
    }

    Tcp(
            Link link,
            Output output,
            IcmpErrors errors,
            Outside outside,
            HostSide hostSide,
            FlowTable<TcpConnection> connections,
            RandomGenerator random,
            LongSupplier clock) {
        this.link = link;
        this.output = output;
        this.errors = errors;
        this.outside = outside;
        this.hostSide = hostSide;
        this.connections = connections;
        this.random = random;
        this.clock = clock;
    }

    ByteRing.Pool rings() {
        return rings;
    }

    FlowTable<TcpConnection> connections() {
        return connections;
    }

    long now() {
        return clock.getAsLong();
    }

    /** Takes a packet of the guest. */
    void receive(Packet packet) {
        if (!segment.read(packet)) {
            return;
        }
        TcpConnection connection = connections.find(packet, segment.guestPort, segment.peerPort);
        if (connection != null && startsAnew(connection)) {
            connection.abort();
            connection = null;
        }
        if (connection == null) {
            receiveUnknown(packet);
            return;
        }
        connection.mac = packet.mac;
        connections.touch(connection, now());
        connection.receive(segment);
        schedule(connection);
    }

    /** A port that is used again while the last of the connection before lingers (RFC 9293 3.6.1). */
    private boolean startsAnew(TcpConnection connection) {
        boolean syn = segment.has(TcpSegment.SYN) && !segment.has(TcpSegment.ACK);
        return syn && connection.stage().isOver() && segment.sequence - connection.receiver.next() > 0;
    }

    private void receiveUnknown(Packet packet) {
        Address guest = packet.source();
        Address peer = packet.target();
        if (segment.has(TcpSegment.RST)) {
            return;
        }
        // Answers to a segment that belongs nowhere go back as if from a connection.
        if (!segment.has(TcpSegment.SYN) || segment.has(TcpSegment.ACK)) {
            refuse(guest, peer, packet.mac);
            return;
        }
        InetSocketAddress target = outside.find(peer, segment.peerPort);
        if (target == null || !makeRoom()) {
            refuse(guest, peer, packet.mac);
            return;
        }
        TcpConnection connection = new TcpConnection(
                this, guest, segment.guestPort, peer, segment.peerPort, TcpConnection.Stage.CONNECTING, NoStream.NONE);
        connection.mac = packet.mac;
        connection.listen(segment, random.nextInt());
        connections.add(connection, now());
        try {
            connection.attach(hostSide.connect(target, connection));
            watch(connection);
        } catch (IOException e) {
            connection.refused(e);
        }
    }

    private void refuse(Address guest, Address peer, long mac) {
        Flow nobody = new Flow(guest, segment.guestPort, peer, segment.peerPort);
        nobody.mac = mac;
        reset(segment, nobody);
    }

    /**
     * Connects somebody on the host's side to the guest.
     *
     * @return the connection, or null where there is no room
     */
    @Nullable
    TcpConnection forward(Address guest, int guestPort, Address peer, int peerPort, HostStream host) {
        int port = peerPort;
        while (connections.find(guest, guestPort, peer, port) != null) {
            port = port % 65_535 + 1;
        }
        if (!makeRoom()) {
            return null;
        }
        TcpConnection connection =
                new TcpConnection(this, guest, guestPort, peer, port, TcpConnection.Stage.SYN_SENT, host);
        connections.add(connection, now());
        connection.open(random.nextInt());
        watch(connection);
        return connection;
    }

    /** Makes room for a connection: the one that is nearest to its end goes, or one that is silent. False where there is none. */
    private boolean makeRoom() {
        if (!connections.isFull()) {
            return true;
        }
        TcpConnection victim = null;
        for (TcpConnection each = connections.oldest(); each != null; each = connections.after(each)) {
            if (each.stage().isOver()) {
                victim = each;
                break;
            }
            if (victim == null
                    && (now() - each.usedAt > SILENCE_NANOS || !each.stage().isSynchronized())) {
                victim = each;
            }
        }
        if (victim != null) {
            victim.abort();
        }
        return victim != null;
    }

    /** What the guest takes in one segment and fits into a packet: not as little as it may say, lest segments be all header. */
    int segmentBytes(TcpConnection connection, int guestSays) {
        return Math.min(ownSegmentBytes(connection), Math.max(guestSays, 256));
    }

    private int ownSegmentBytes(TcpConnection connection) {
        int header = connection.guest.isV4() ? Ipv4.HEADER_BYTES : Ipv6.HEADER_BYTES;
        return link.mtu() - header - TcpSegment.HEADER_BYTES;
    }

    /** Sends a segment with so much data of the sender's; false where the guest takes no frame. */
    boolean send(TcpConnection connection, int sequence, int length, int flags) {
        if (output.isFull()) {
            return false;
        }
        int at = begin(connection);
        connection.sender.copy(sequence, output.bytes, at + TcpSegment.HEADER_BYTES, length);
        int segmentBytes = connection.sender.segmentBytes();
        int window = connection.receiver.advertise(segmentBytes);
        int next = connection.receiver.next();
        TcpSegment.put(output.bytes, at, connection, sequence, next, flags | TcpSegment.ACK, window);
        return output.sendTcp(TcpSegment.HEADER_BYTES + length, segmentBytes);
    }

    void sendSyn(TcpConnection connection, int sequence, int acknowledgment, int flags) {
        if (connection.stage() == TcpConnection.Stage.SYN_SENT) {
            connection.mac = hostSide.macOf(connection.guest);
            if (connection.mac == Neighbours.UNKNOWN) {
                return;
            }
        }
        int at = begin(connection);
        int known = (flags & TcpSegment.ACK) == 0 ? 0 : acknowledgment;
        TcpSegment.put(output.bytes, at, connection, sequence, known, flags, ByteRing.CAPACITY);
        int length = TcpSegment.putSegmentSize(output.bytes, at, ownSegmentBytes(connection));
        output.sendTcp(length, length);
    }

    void sendReset(Flow connection, int sequence, int acknowledgment, int flags) {
        if (connection.mac != Neighbours.UNKNOWN) {
            int at = begin(connection);
            TcpSegment.put(output.bytes, at, connection, sequence, acknowledgment, flags, 0);
            output.sendTcp(TcpSegment.HEADER_BYTES, TcpSegment.HEADER_BYTES);
        }
    }

    /** Answers a segment that should not have come (RFC 9293 3.10.7.1). */
    void reset(TcpSegment unwanted, Flow from) {
        if (unwanted.has(TcpSegment.RST)) {
            return;
        }
        if (unwanted.has(TcpSegment.ACK)) {
            sendReset(from, unwanted.acknowledgment, 0, TcpSegment.RST);
        } else {
            sendReset(from, 0, unwanted.sequence + unwanted.span(), TcpSegment.RST | TcpSegment.ACK);
        }
    }

    void unreachable(TcpConnection connection, int sequence) {
        errors.unreachable(connection, Packet.TCP, sequence, IcmpErrors.Reason.HOST);
    }

    private int begin(Flow connection) {
        return output.begin(connection.mac, connection.peer, connection.guest, Packet.TCP);
    }

    /** Has the connection pumped in the next {@link #flush}. */
    void schedule(TcpConnection connection) {
        if (!connection.due) {
            connection.due = true;
            due.add(connection);
        }
    }

    /** Does what has become possible, once for each connection whatever came for it meanwhile: one acknowledgment for many segments. */
    void flush() {
        pumping.addAll(due);
        due.clear();
        for (TcpConnection connection : pumping) {
            connection.due = false;
            if (isAlive(connection)) {
                connection.pump();
            }
        }
        pumping.clear();
    }

    private boolean isAlive(TcpConnection connection) {
        return connections.find(connection.guest, connection.guestPort, connection.peer, connection.peerPort)
                == connection;
    }

    /** The guest takes frames again. */
    void writable() {
        for (TcpConnection each = connections.oldest(); each != null; each = connections.after(each)) {
            schedule(each);
        }
    }

    /** An address of the guest has become known. */
    void neighbourLearned() {
        TcpConnection next;
        for (TcpConnection each = connections.oldest(); each != null; each = next) {
            next = connections.after(each);
            if (each.mac == Neighbours.UNKNOWN) {
                each.retrySyn();
            }
        }
    }

    /** Notes when the connection wants to be looked after. */
    void watch(TcpConnection connection) {
        nextLook = Math.min(nextLook, connection.timer());
    }

    /** Looks after timers. Returns when to call again. */
    long tick(long now) {
        if (nextLook - now > 0) {
            return nextLook;
        }
        nextLook = NEVER;
        TcpConnection next;
        for (TcpConnection each = connections.oldest(); each != null; each = next) {
            next = connections.after(each);
            if (each.timer() - now <= 0) {
                each.tick(now);
            }
            nextLook = Math.min(nextLook, isAlive(each) ? each.timer() : NEVER);
        }
        return nextLook;
    }

    void touch(TcpConnection connection) {
        connections.touch(connection, now());
    }

    void remove(TcpConnection connection) {
        connections.remove(connection);
    }

    /** Goes on with a predecessor's connection. */
    void restore(TcpState state, HostStream host) {
        if (connections.isFull()
                || connections.find(state.guest(), state.guestPort(), state.peer(), state.peerPort()) != null) {
            host.reset();
            return;
        }
        TcpConnection connection = new TcpConnection(
                this, state.guest(), state.guestPort(), state.peer(), state.peerPort(), state.stage(), host);
        connections.add(connection, now());
        connection.restore(state);
        if (isAlive(connection)) {
            schedule(connection);
        }
    }

    /** For a successor. */
    List<TcpState> save() {
        List<TcpState> states = new ArrayList<>();
        for (TcpConnection each = connections.oldest(); each != null; each = connections.after(each)) {
            states.add(each.save());
        }
        return states;
    }

    /** Breaks all connections off. */
    void close() {
        TcpConnection each = connections.oldest();
        while (each != null) {
            each.abort();
            each = connections.oldest();
        }
    }
}
