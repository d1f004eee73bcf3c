package dev.backplane.network.user.internal;

import static dev.backplane.network.user.internal.Wires.GATEWAY;
import static dev.backplane.network.user.internal.Wires.GATEWAY6;
import static dev.backplane.network.user.internal.Wires.GUEST;
import static dev.backplane.network.user.internal.Wires.GUEST6;
import static dev.backplane.network.user.internal.Wires.frame;
import static dev.backplane.network.user.internal.Wires.ip;
import static dev.backplane.network.user.internal.Wires.text;
import static dev.backplane.network.user.internal.Wires.udp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Datagrams to and from sockets of the host. */
@Timeout(120)
class UdpTest {
    private static final int GUEST_PORT = 5000;

    private Rig rig = new Rig();
    private DatagramSocket peer;

    @BeforeEach
    void open() throws IOException {
        peer = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"));
        peer.setSoTimeout(60_000);
    }

    @AfterEach
    void close() {
        peer.close();
        rig.close();
    }

    private DatagramPacket receive() throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[65_536], 65_536);
        peer.receive(packet);
        return packet;
    }

    private static byte[] data(DatagramPacket packet) {
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    @Test
    void theRoutersAddressIsTheHostsLoopback() throws IOException {
        rig.give(frame(udp(GUEST, GATEWAY, GUEST_PORT, peer.getLocalPort(), text("ping"))));
        DatagramPacket got = receive();
        assertArrayEquals(text("ping"), data(got));
        rig.give(frame(udp(GUEST, GATEWAY, GUEST_PORT, peer.getLocalPort(), text(""))));
        assertEquals(0, receive().getLength());
        for (String answer : new String[] {"pong", "", "pong again"}) {
            peer.send(new DatagramPacket(text(answer), answer.length(), got.getSocketAddress()));
            Seen reply = rig.await();
            assertArrayEquals(text(answer), reply.data());
            assertEquals(peer.getLocalPort(), reply.from());
            assertEquals(GUEST_PORT, reply.to());
            assertEquals("10.0.2.2", reply.source());
        }
        assertEquals(1, rig.stack.flows());
    }

    @Test
    void theRoutersIpv6AddressIsTheHostsIpv6Loopback() throws IOException {
        try (DatagramSocket six = new DatagramSocket(0, InetAddress.ofLiteral("::1"))) {
            rig.give(frame(udp(GUEST6, GATEWAY6, GUEST_PORT, six.getLocalPort(), text("ping"))));
            six.setSoTimeout(60_000);
            DatagramPacket got = new DatagramPacket(new byte[100], 100);
            six.receive(got);
            six.send(new DatagramPacket(text("pong"), 4, got.getSocketAddress()));
            assertArrayEquals(text("pong"), rig.await().data());
        }
    }

    @Test
    void nobodyElseCanAnswer() throws IOException {
        rig.give(frame(udp(GUEST, GATEWAY, GUEST_PORT, peer.getLocalPort(), text("ping"))));
        DatagramPacket got = receive();
        try (DatagramSocket stranger = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.1"))) {
            stranger.send(new DatagramPacket(text("lies"), 4, got.getSocketAddress()));
        }
        peer.send(new DatagramPacket(text("pong"), 4, got.getSocketAddress()));
        assertArrayEquals(text("pong"), rig.await().data());
        rig.nothing();
    }

    @Test
    void aDatagramThatIsLongerThanAPacketPassesInBothDirections() throws IOException {
        byte[] data = new byte[9000];
        new Random(1).nextBytes(data);
        byte[] whole = Arrays.copyOfRange(udp(GUEST, GATEWAY, GUEST_PORT, peer.getLocalPort(), data), 20, 9028);
        for (int at = 0; at < whole.length; at += 1480) {
            byte[] part = Arrays.copyOfRange(whole, at, Math.min(whole.length, at + 1480));
            int more = at + part.length < whole.length ? 0x2000 : 0;
            rig.give(frame(Wires.ipv4(GUEST, GATEWAY, 17, part, 5, more | at / 8)));
        }
        DatagramPacket got = receive();
        assertArrayEquals(data, data(got));
        peer.send(new DatagramPacket(data, data.length, got.getSocketAddress()));
        byte[] reply = new byte[whole.length];
        for (int count = 0; count < whole.length; ) {
            Seen part = rig.await();
            int fragment = (part.frame()[20] & 0x1f) << 8 | part.frame()[21] & 0xff;
            System.arraycopy(part.payload(), 0, reply, 8 * fragment, part.payload().length);
            count += part.payload().length;
        }
        assertArrayEquals(data, Arrays.copyOfRange(reply, 8, reply.length));
    }

    @Test
    void aPortWhereNobodyListensIsUnreachable() {
        int port = peer.getLocalPort();
        peer.close();
        rig.give(frame(udp(GUEST, GATEWAY, GUEST_PORT, port, text("ping"))));
        Seen error = rig.await();
        assertEquals(1, error.protocol());
        assertEquals(3 << 8 | 3, error.u16(0));
        byte[] quoted = error.payload();
        assertArrayEquals(GUEST, Arrays.copyOfRange(quoted, 20, 24));
        assertArrayEquals(GATEWAY, Arrays.copyOfRange(quoted, 24, 28));
        assertEquals(GUEST_PORT, error.u16(28));
        assertEquals(port, error.u16(30));
    }

    @Test
    void whereTheGuestMayNotGoItIsTold() {
        for (String target : new String[] {"127.0.0.1", "169.254.169.254", "10.0.2.99"}) {
            rig.give(frame(udp(GUEST, ip(target), GUEST_PORT, 9, text("ping"))));
            assertEquals(3 << 8 | 13, rig.only().u16(0));
        }
        for (String target : new String[] {"::1", "fe80::9", "fec0::9", "fec0:1::9", "::7f00:1"}) {
            rig.give(frame(udp(GUEST6, ip(target), GUEST_PORT, 9, text("ping"))));
            assertEquals(1 << 8 | 1, rig.only().u16(0), target);
        }
        for (String target : new String[] {"224.0.0.251", "239.1.1.1", "255.255.255.255", "10.0.2.255"}) {
            rig.give(frame(udp(GUEST, ip(target), GUEST_PORT, 9, text("ping"))));
        }
        rig.give(frame(udp(GUEST6, ip("ff02::fb"), GUEST_PORT, 9, text("ping"))));
        rig.give(frame(udp(ip("0.0.0.0"), GATEWAY, GUEST_PORT, 9, text("ping"))));
        rig.nothing();
        assertEquals(0, rig.stack.flows());
    }

    @Test
    void aRestrictedGuestReachesNothing() {
        rig.close();
        rig = new Rig(Rig.options(true, true, 1500, List.of()));
        for (byte[] target : new byte[][] {GATEWAY, ip("10.0.2.3"), ip("192.0.2.1")}) {
            rig.give(frame(udp(GUEST, target, GUEST_PORT, 53, text("ping"))));
            assertEquals(3 << 8 | 13, rig.only().u16(0));
        }
        rig.close();
        rig = new Rig(Rig.options(false, false, 1500, List.of()));
        rig.give(frame(udp(GUEST, GATEWAY, GUEST_PORT, peer.getLocalPort(), text("ping"))));
        assertEquals(3 << 8 | 13, rig.only().u16(0));
    }

    @Test
    void headersThatLieAreLeftAlone() throws IOException {
        byte[] good = udp(GUEST, GATEWAY, GUEST_PORT, peer.getLocalPort(), text("ping"));
        for (int[] lie : new int[][] {{24, 1}, {25, 7}, {25, 13}, {26, 0x55}, {29, 0x55}}) {
            byte[] bad = good.clone();
            bad[lie[0]] = (byte) lie[1];
            rig.give(frame(bad));
        }
        for (int length = 20; length < 28; length++) {
            rig.give(frame(Wires.ipv4(GUEST, GATEWAY, 17, Arrays.copyOfRange(good, 20, length))));
        }
        byte[] six = udp(GUEST6, GATEWAY6, GUEST_PORT, 9, text("ping"));
        six[46] = 0;
        six[47] = 0;
        rig.give(frame(six));
        rig.nothing();
        assertEquals(0, rig.stack.flows());
        // Without a checksum, which IPv4 allows, and with bytes behind the datagram.
        byte[] none = Wires.join(good, text("behind"));
        none[3] += 6;
        none[26] = 0;
        none[27] = 0;
        rig.give(frame(Wires.fix4(none)));
        assertArrayEquals(text("ping"), data(receive()));
    }

    @Test
    void silentFlowsEndAndManyMakeTheOldestGo() {
        for (int i = 0; i < 200; i++) {
            rig.give(frame(udp(GUEST, GATEWAY, 1000 + i, peer.getLocalPort(), text("ping"))));
        }
        assertEquals(32, rig.stack.flows());
        rig.pass(Duration.ofSeconds(119));
        assertEquals(32, rig.stack.flows());
        rig.pass(Duration.ofSeconds(1));
        assertEquals(0, rig.stack.flows());
    }

    @Test
    void aGuestThatTakesNothingLeavesDatagramsWithTheHost() throws IOException {
        rig.give(frame(udp(GUEST, GATEWAY, GUEST_PORT, peer.getLocalPort(), text("ping"))));
        DatagramPacket got = receive();
        rig.room = 0;
        // The one whose turn it is when the queue is found full is lost.
        for (int i = 0; i < 10; i++) {
            peer.send(new DatagramPacket(new byte[] {(byte) i}, 1, got.getSocketAddress()));
        }
        for (int i = 0; i < 20; i++) {
            rig.poll();
        }
        rig.nothing();
        rig.room = Integer.MAX_VALUE;
        rig.stack.writable();
        for (int i = 1; i < 10; i++) {
            assertArrayEquals(new byte[] {(byte) i}, rig.await().data());
        }
    }

    @Test
    void theNameServersAddressIsTheHostsNameServer() throws IOException {
        rig.close();
        UserOptions plain = Rig.options();
        rig = new Rig(plain);
        rig.give(frame(udp(GUEST, ip("10.0.2.3"), GUEST_PORT, 53, text("who?"))));
        // There is none: said at once, not after a time.
        assertEquals(3 << 8 | 13, rig.only().u16(0));
        rig.give(frame(udp(GUEST, ip("10.0.2.3"), GUEST_PORT, 54, text("who?"))));
        assertEquals(3 << 8 | 13, rig.only().u16(0));
    }
}
