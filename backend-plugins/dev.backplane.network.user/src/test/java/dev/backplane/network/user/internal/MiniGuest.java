package dev.backplane.network.user.internal;

import static dev.backplane.network.user.internal.Wires.ACK;
import static dev.backplane.network.user.internal.Wires.FIN;
import static dev.backplane.network.user.internal.Wires.GATEWAY;
import static dev.backplane.network.user.internal.Wires.GATEWAY_MAC;
import static dev.backplane.network.user.internal.Wires.GUEST;
import static dev.backplane.network.user.internal.Wires.GUEST_MAC;
import static dev.backplane.network.user.internal.Wires.PSH;
import static dev.backplane.network.user.internal.Wires.RST;
import static dev.backplane.network.user.internal.Wires.SYN;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Segments;
import dev.backplane.testkit.NetworkBench;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;

/** A guest with one connection and a TCP of its own, as small as it can be where nothing is lost. */
final class MiniGuest {
    private static final byte[] NONE = new byte[0];
    private static final int MSS = 1460;
    private static final int WINDOW = 65_535;

    private final NetworkBench<UserOptions, UserState> bench;
    private final Segments segments = new Segments();
    private final Frame piece = new Frame();
    private final Deque<Seen> others = new ArrayDeque<>();
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();

    private int guestPort;
    private int peerPort;
    private int seq = 1000;
    private int sentUpTo = 1000;
    private int ack;
    private int window;
    private boolean open;
    private boolean ended;
    boolean reset;

    MiniGuest(NetworkBench<UserOptions, UserState> bench) {
        this.bench = bench;
    }

    private void send(int flags, byte[] data) {
        byte[] packet = Wires.tcp(GUEST, GATEWAY, guestPort, peerPort, seq, ack, flags, WINDOW, data);
        bench.sendAll(Wires.frame(packet));
    }

    /** Takes the next frame, and does what TCP does. */
    void step() {
        Frame frame = bench.receiveFrame();
        assertTrue(segments.begin(frame));
        while (segments.next(piece)) {
            Seen seen = new Seen(piece.toByteArray());
            if (seen.type() == 0x0806) {
                answerArp(seen.frame());
            } else if (seen.is(6) && (seen.to() == guestPort || seen.has(SYN))) {
                take(seen);
            } else {
                others.add(seen);
            }
        }
    }

    private void answerArp(byte[] frame) {
        if (frame[21] == 1 && Arrays.equals(GUEST, Arrays.copyOfRange(frame, 38, 42))) {
            byte[] contents = Wires.join(
                    Arrays.copyOfRange(frame, 14, 20),
                    Wires.u16(2),
                    GUEST_MAC,
                    GUEST,
                    GATEWAY_MAC,
                    Arrays.copyOfRange(frame, 28, 32));
            bench.sendAll(Wires.ethernet(GATEWAY_MAC, GUEST_MAC, 0x0806, contents));
        }
    }

    private void take(Seen seen) {
        if (seen.has(RST)) {
            reset = true;
            return;
        }
        if (seen.has(SYN)) {
            guestPort = seen.to();
            peerPort = seen.from();
            ack = seen.seq() + 1;
            if (!seen.has(ACK)) {
                send(SYN | ACK, NONE);
                seq++;
                sentUpTo = seq;
                open = true;
                return;
            }
            seq++;
            sentUpTo = seq;
            open = true;
            send(ACK, NONE);
        }
        window = seen.ack() + seen.window() - seq;
        sentUpTo = Math.max(sentUpTo, seen.ack());
        byte[] data = seen.data();
        if (data.length > 0 || seen.has(FIN)) {
            int known = ack - seen.seq();
            assertTrue(known >= 0, "a gap of " + -known + " bytes");
            if (known < data.length) {
                received.write(data, known, data.length - known);
                ack += data.length - known;
            }
            if (seen.has(FIN) && seen.seq() + data.length == ack) {
                ack++;
                ended = true;
            }
            send(ACK, NONE);
        }
    }

    void connect(int port, int from) {
        guestPort = from;
        peerPort = port;
        send(SYN, NONE);
        while (!open && !reset) {
            step();
        }
    }

    int acknowledgment() {
        return ack;
    }

    /** Waits for somebody to connect. */
    void accept() {
        while (!open) {
            step();
        }
    }

    void write(byte[] bytes) {
        for (int at = 0; at < bytes.length; ) {
            int count = Math.min(MSS, Math.min(window, bytes.length - at));
            if (count <= 0) {
                step();
                assertFalse(reset, "the connection was reset");
                continue;
            }
            send(ACK | PSH, Arrays.copyOfRange(bytes, at, at + count));
            seq += count;
            window -= count;
            at += count;
        }
    }

    byte[] read(int count) {
        while (received.size() < count && !ended) {
            step();
            assertFalse(reset, "the connection was reset");
        }
        byte[] all = received.toByteArray();
        assertTrue(all.length >= count, () -> "the end after " + all.length + " of " + count);
        received.reset();
        received.write(all, count, all.length - count);
        return Arrays.copyOf(all, count);
    }

    /** Ends this direction. */
    void finish() {
        send(FIN | ACK, NONE);
        seq++;
    }

    void awaitEnd() {
        while (!ended) {
            step();
        }
        assertEquals(0, received.size());
    }

    void awaitReset() {
        while (!reset) {
            step();
        }
    }

    /** The next frame that is none of the connection's. */
    Seen other() {
        while (others.isEmpty()) {
            step();
        }
        return others.remove();
    }
}
