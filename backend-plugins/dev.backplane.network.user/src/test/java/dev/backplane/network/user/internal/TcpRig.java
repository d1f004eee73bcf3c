package dev.backplane.network.user.internal;

import static dev.backplane.network.user.internal.Wires.GATEWAY;
import static dev.backplane.network.user.internal.Wires.GUEST;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Segments;
import dev.backplane.api.part.ConfigurationException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** TCP with sockets that are not there, and time that only passes when the test says so. */
final class TcpRig implements Tcp.HostSide {
    static final int MOST = 8;
    static final int GUEST_PORT = 40_000;
    static final int PORT = 80;
    static final int ISN = 0x7fff_fff0;
    static final int WINDOW = 64_240;

    Tcp tcp;
    final Deque<Seen> seen = new ArrayDeque<>();
    final List<InetSocketAddress> connects = new ArrayList<>();
    FakeStream stream = new FakeStream();
    long mac = 0x5254_0012_3456L;
    IOException refusal;
    int room = Integer.MAX_VALUE;
    int asked;

    private final Link link;
    private final Output output;
    private final IcmpErrors errors;
    private final Outside outside;
    private final Ipv4 ipv4;
    private final Segments segments = new Segments();
    private final Frame piece = new Frame();
    private final Packet packet = new Packet();
    private long now;
    /** The guest's next sequence number, and what it acknowledges. */
    int seq;

    int ack;

    TcpRig() {
        try {
            link = Layout.link(Rig.options());
        } catch (ConfigurationException e) {
            throw new AssertionError(e);
        }
        output = new Output(link, this::send);
        errors = new IcmpErrors(link, output);
        outside = new Outside(link, new Resolver(Optional.empty(), Path.of("/nonexistent"), () -> now));
        ipv4 = new Ipv4(link, new Reassembly(() -> now));
        tcp = newTcp();
    }

    private Tcp newTcp() {
        return new Tcp(link, output, errors, outside, this, new FlowTable<>(MOST, 1), new Random(1), () -> now);
    }

    /** Another version goes on, with the same socket for all connections. */
    void replace() {
        List<TcpState> states = tcp.save();
        tcp = newTcp();
        states.forEach(state -> tcp.restore(state, stream));
        flush();
    }

    @Override
    public HostStream connect(InetSocketAddress target, TcpConnection owner) throws IOException {
        connects.add(target);
        if (refusal != null) {
            throw refusal;
        }
        stream = new FakeStream();
        stream.owner = owner;
        return stream;
    }

    @Override
    public long macOf(Address guest) {
        asked++;
        return mac;
    }

    private boolean send(Frame frame) {
        if (room == 0) {
            return false;
        }
        room--;
        assertTrue(segments.begin(frame));
        while (segments.next(piece)) {
            seen.add(new Seen(piece.toByteArray()));
        }
        return true;
    }

    /** The guest sends a packet; what it makes possible is done. */
    void give(byte[] bytes) {
        receive(bytes);
        flush();
    }

    /** The guest sends a packet, with others behind it. */
    void receive(byte[] bytes) {
        packet.bytes = bytes;
        packet.payload = 0;
        packet.end = bytes.length;
        packet.mac = 0x5254_0012_3456L;
        packet.checksumGood = false;
        assertTrue(ipv4.read(packet));
        tcp.receive(packet);
    }

    void flush() {
        tcp.flush();
        stream.tell();
        tcp.flush();
    }

    /** The guest has a queue again. */
    void writable() {
        output.roomAgain();
        tcp.writable();
        flush();
    }

    byte[] segment(int sequence, int acknowledgment, int flags, int window, byte[] data) {
        return Wires.tcp(GUEST, GATEWAY, GUEST_PORT, PORT, sequence, acknowledgment, flags, window, data);
    }

    /** The next segment of the guest's connection. */
    void give(int flags, byte[] data) {
        byte[] bytes = segment(seq, ack, flags | Wires.ACK, WINDOW, data);
        seq += data.length + ((flags & Wires.FIN) != 0 ? 1 : 0);
        give(bytes);
    }

    /** A segment of the guest's connection that is not counted. */
    void giveAt(int sequence, int acknowledgment, int flags, byte[] data) {
        give(segment(sequence, acknowledgment, flags, WINDOW, data));
    }

    void acknowledge(int acknowledgment, int window) {
        ack = acknowledgment;
        give(segment(seq, ack, Wires.ACK, window, new byte[0]));
    }

    /** The guest's SYN. */
    void syn() {
        give(segment(ISN, 0, Wires.SYN, WINDOW, new byte[0]));
    }

    /** A connection that the guest has opened. */
    FakeStream establish() {
        syn();
        stream.owner.connected();
        flush();
        Seen answer = only();
        assertEquals(Wires.SYN | Wires.ACK, answer.flags());
        assertEquals(ISN + 1, answer.ack());
        seq = ISN + 1;
        ack = answer.seq() + 1;
        give(0, new byte[0]);
        nothing();
        return stream;
    }

    void pass(Duration time) {
        now += time.toNanos();
        tcp.tick(now);
        flush();
    }

    TcpConnection.Stage stage() {
        return stream.owner.stage();
    }

    Seen only() {
        assertEquals(1, seen.size(), () -> "segments: " + seen);
        return seen.remove();
    }

    void nothing() {
        assertEquals(List.of(), new ArrayList<>(seen));
    }

    /** The only segment is an acknowledgment of so much, without data. */
    void acknowledged(int expected) {
        Seen only = only();
        assertEquals(Wires.ACK, only.flags());
        assertEquals(expected, only.ack());
        assertEquals(0, only.data().length);
    }

    void written(String expected) {
        assertArrayEquals(Wires.text(expected), stream.written.toByteArray());
        stream.written.reset();
    }
}
