package dev.backplane.network.user.internal;

import static dev.backplane.network.user.internal.TcpRig.GUEST_PORT;
import static dev.backplane.network.user.internal.TcpRig.ISN;
import static dev.backplane.network.user.internal.TcpRig.PORT;
import static dev.backplane.network.user.internal.Wires.ACK;
import static dev.backplane.network.user.internal.Wires.FIN;
import static dev.backplane.network.user.internal.Wires.GATEWAY;
import static dev.backplane.network.user.internal.Wires.GUEST;
import static dev.backplane.network.user.internal.Wires.RST;
import static dev.backplane.network.user.internal.Wires.SYN;
import static dev.backplane.network.user.internal.Wires.ip;
import static dev.backplane.network.user.internal.Wires.tcp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.network.user.internal.TcpConnection.Stage;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How connections begin, and what becomes of segments that belong to none (RFC 9293 3.5, 3.10.7). */
class TcpHandshakeTest {
    private static final byte[] NONE = new byte[0];

    private final TcpRig rig = new TcpRig();

    @Test
    void theGuestsSynIsAnsweredOnceTheHostHasConnected() {
        rig.syn();
        rig.nothing();
        assertEquals(List.of(new InetSocketAddress("127.0.0.1", PORT)), rig.connects);
        rig.stream.owner.connected();
        rig.flush();
        Seen answer = rig.only();
        assertEquals(SYN | ACK, answer.flags());
        assertEquals(ISN + 1, answer.ack());
        assertEquals(PORT, answer.from());
        assertEquals(GUEST_PORT, answer.to());
        assertEquals(65_535, answer.window());
        assertArrayEquals(new byte[] {2, 4, 5, (byte) 0xb4}, Arrays.copyOfRange(answer.payload(), 20, 24));
        rig.giveAt(ISN + 1, answer.seq() + 1, ACK, NONE);
        assertEquals(Stage.ESTABLISHED, rig.stage());
    }

    @Test
    void aSynThatComesAgainWhileTheHostConnectsChangesNothing() {
        rig.syn();
        rig.syn();
        rig.nothing();
        assertEquals(1, rig.connects.size());
    }

    @Test
    void theAnswerIsRepeatedWithPatienceAndThenGivenUp() {
        rig.syn();
        rig.stream.owner.connected();
        rig.flush();
        Seen first = rig.only();
        int seconds = 1;
        for (int i = 0; i < 6; i++, seconds *= 2) {
            rig.pass(Duration.ofSeconds(seconds).minusMillis(1));
            rig.nothing();
            rig.pass(Duration.ofMillis(1));
            assertArrayEquals(first.frame(), rig.only().frame());
        }
        rig.pass(Duration.ofSeconds(seconds));
        assertTrue(rig.only().has(RST));
        assertTrue(rig.stream.reset);
        assertEquals(0, rig.tcp.connections().size());
    }

    @Test
    void whatTheHostRefusesIsResetAndWhatItCannotReachIsUnreachable() {
        rig.syn();
        rig.stream.owner.refused(new ConnectException("Connection refused"));
        Seen refused = rig.only();
        assertEquals(RST | ACK, refused.flags());
        assertEquals(0, refused.seq());
        assertEquals(ISN + 1, refused.ack());
        rig.refusal = new IOException("Network is unreachable");
        rig.syn();
        Seen unreachable = rig.only();
        assertEquals(1, unreachable.protocol());
        assertEquals(3 << 8 | 1, unreachable.u16(0));
        byte[] quoted = tcp(GUEST, GATEWAY, GUEST_PORT, PORT, ISN, 0, SYN, 0, NONE);
        assertArrayEquals(Arrays.copyOfRange(quoted, 20, 28), Arrays.copyOfRange(unreachable.payload(), 28, 36));
        assertArrayEquals(Arrays.copyOfRange(quoted, 12, 20), Arrays.copyOfRange(unreachable.payload(), 20, 28));
        assertEquals(0, rig.tcp.connections().size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "127.8.8.8",
                "0.0.0.0",
                "0.1.2.3",
                "169.254.169.254",
                "224.0.0.1",
                "240.0.0.1",
                "10.0.2.15",
                "10.0.2.99",
                "10.0.2.255",
                "10.0.2.3"
            })
    void theGuestMayNotGoEverywhere(String target) {
        rig.give(tcp(GUEST, ip(target), 1, 80, 1, 0, SYN, 100, NONE));
        assertEquals(RST | ACK, rig.only().flags());
        assertEquals(List.of(), rig.connects);
    }

    @Test
    void aResetWhileTheHostConnectsEndsThatIfItIsTheConnections() {
        rig.syn();
        rig.giveAt(ISN + 7, 0, RST, NONE);
        assertFalse(rig.stream.reset);
        rig.giveAt(ISN + 1, 0, RST, NONE);
        assertTrue(rig.stream.reset);
        rig.nothing();
        assertEquals(0, rig.tcp.connections().size());
    }

    @Test
    void anAcknowledgmentOfAnotherSynIsReset() {
        rig.syn();
        rig.stream.owner.connected();
        rig.flush();
        int ours = rig.only().seq();
        rig.giveAt(ISN + 1, ours + 2, ACK, NONE);
        Seen reset = rig.only();
        assertEquals(RST, reset.flags());
        assertEquals(ours + 2, reset.seq());
        assertEquals(Stage.SYN_RECEIVED, rig.stage());
    }

    @Test
    void segmentsThatBelongNowhereAreResetAndResetsAreNot() {
        rig.giveAt(100, 200, ACK, Wires.text("abc"));
        Seen reset = rig.only();
        assertEquals(RST, reset.flags());
        assertEquals(200, reset.seq());
        rig.giveAt(100, 0, FIN, Wires.text("abc"));
        reset = rig.only();
        assertEquals(RST | ACK, reset.flags());
        assertEquals(0, reset.seq());
        assertEquals(104, reset.ack());
        rig.giveAt(100, 200, RST | ACK, NONE);
        rig.giveAt(100, 200, RST, NONE);
        rig.nothing();
    }

    @Test
    void segmentsWhoseHeaderLiesAreLeftAlone() {
        byte[] good = rig.segment(1, 2, ACK, 100, Wires.text("abcd"));
        int[][] lies = {{32, 0x40}, {32, 0xf0}, {36, 1}, {23, 0}, {21, 0}, {33, SYN | FIN}, {33, SYN | RST}};
        for (int[] lie : lies) {
            byte[] bad = good.clone();
            bad[lie[0]] = (byte) lie[1];
            if (lie[0] == 23) {
                bad[22] = 0;
            } else if (lie[0] == 21) {
                bad[20] = 0;
            }
            if (lie[0] != 36) {
                bad[36] = 0;
                bad[37] = 0;
                byte[] transport = Wires.sealed(GUEST, GATEWAY, 6, Arrays.copyOfRange(bad, 20, bad.length), 16);
                System.arraycopy(transport, 0, bad, 20, transport.length);
            }
            rig.give(bad);
        }
        for (int length = 20; length < 40; length++) {
            rig.give(Wires.ipv4(GUEST, GATEWAY, 6, Arrays.copyOfRange(good, 20, length)));
        }
        rig.nothing();
    }

    @Test
    void optionsThatRunOutOfTheHeaderAreNotFollowed() {
        for (byte[] options :
                new byte[][] {{2, 0, 0, 0}, {2, 1, 0, 0}, {1, 1, 2, 4}, {3, 5, 0, 0}, {2, 3, 9, 9}, {1, 1, 1, 2}}) {
            byte[] segment = Wires.join(
                    Wires.u16(GUEST_PORT),
                    Wires.u16(PORT),
                    Wires.u32(ISN),
                    Wires.u32(0),
                    Wires.u16(0x6002),
                    Wires.u16(9),
                    Wires.u32(0),
                    options);
            rig.give(Wires.ipv4(GUEST, GATEWAY, 6, Wires.sealed(GUEST, GATEWAY, 6, segment, 16)));
            assertEquals(536, rig.stream.owner.sender.segmentBytes(), () -> Arrays.toString(options));
            rig.giveAt(ISN + 1, 0, RST, NONE);
        }
        rig.nothing();
    }

    @Test
    void aFullTableTakesNoMoreUntilOneIsSilentOrHalfOpen() {
        for (int i = 0; i < TcpRig.MOST; i++) {
            rig.give(tcp(GUEST, GATEWAY, 1000 + i, PORT, ISN, 0, SYN, 100, NONE));
            rig.stream.owner.connected();
            rig.flush();
            int ours = rig.only().seq();
            rig.give(tcp(GUEST, GATEWAY, 1000 + i, PORT, ISN + 1, ours + 1, ACK, 100, NONE));
        }
        rig.give(tcp(GUEST, GATEWAY, 2000, PORT, ISN, 0, SYN, 100, NONE));
        assertEquals(RST | ACK, rig.only().flags());
        assertNull(rig.tcp.forward(rig.stream.owner.guest, 22, rig.stream.owner.peer, 5, new FakeStream()));
        rig.pass(Duration.ofSeconds(61));
        rig.give(tcp(GUEST, GATEWAY, 2000, PORT, ISN, 0, SYN, 100, NONE));
        Seen reset = rig.only();
        assertEquals(RST | ACK, reset.flags());
        assertEquals(1000, reset.to());
        // Half open: the next one takes its place.
        rig.give(tcp(GUEST, GATEWAY, 1001, PORT, ISN + 1, 1, ACK, 100, NONE));
        for (int i = 2; i < TcpRig.MOST; i++) {
            rig.give(tcp(GUEST, GATEWAY, 1000 + i, PORT, ISN + 1, 1, ACK, 100, NONE));
        }
        rig.seen.clear();
        rig.give(tcp(GUEST, GATEWAY, 2001, PORT, ISN, 0, SYN, 100, NONE));
        assertEquals(2000, rig.only().to());
        assertEquals(TcpRig.MOST, rig.tcp.connections().size());
    }

    // ---- from the host's side

    private TcpConnection forward() {
        Address guest = Address.of(rigAddress(GUEST));
        Address gateway = Address.of(rigAddress(GATEWAY));
        rig.stream = new FakeStream();
        TcpConnection connection = rig.tcp.forward(guest, 22, gateway, 5555, rig.stream);
        assertNotNull(connection);
        rig.stream.owner = connection;
        return connection;
    }

    private static java.net.InetAddress rigAddress(byte[] bytes) {
        return java.net.InetAddress.ofLiteral(
                (bytes[0] & 0xff) + "." + (bytes[1] & 0xff) + "." + (bytes[2] & 0xff) + "." + (bytes[3] & 0xff));
    }

    private void answer(int seq, int ack, int flags) {
        rig.give(tcp(GUEST, GATEWAY, 22, 5555, seq, ack, flags, 1000, NONE));
    }

    @Test
    void aConnectionFromTheHostIsOpenedByThreeSegments() {
        TcpConnection connection = forward();
        Seen syn = rig.only();
        assertEquals(SYN, syn.flags());
        assertEquals(22, syn.to());
        answer(900, syn.seq() + 1, SYN | ACK);
        Seen ack = rig.only();
        assertEquals(ACK, ack.flags());
        assertEquals(901, ack.ack());
        assertEquals(syn.seq() + 1, ack.seq());
        assertEquals(Stage.ESTABLISHED, connection.stage());
        assertTrue(rig.stream.awaitsReadable);
    }

    @Test
    void aGuestThatRefusesHasTheHostsPeerReset() {
        forward();
        Seen syn = rig.only();
        answer(0, syn.seq() + 9, RST | ACK);
        assertFalse(rig.stream.reset);
        answer(0, syn.seq() + 1, RST | ACK);
        assertTrue(rig.stream.reset);
    }

    @Test
    void theSynWaitsForTheGuestsEthernetAddress() {
        rig.mac = Neighbours.UNKNOWN;
        forward();
        rig.nothing();
        assertEquals(1, rig.asked);
        rig.pass(Duration.ofSeconds(1));
        assertEquals(2, rig.asked);
        rig.nothing();
        rig.mac = 0x5254_0012_3456L;
        rig.tcp.neighbourLearned();
        assertEquals(SYN, rig.only().flags());
    }

    @Test
    void aGuestThatDoesNotAnswerIsGivenUp() {
        forward();
        for (int i = 0; i < 8; i++) {
            rig.pass(Duration.ofSeconds(64));
        }
        assertTrue(rig.stream.reset);
        assertTrue(rig.seen.stream().filter(each -> each.has(SYN)).count() == 7);
        assertEquals(0, rig.tcp.connections().size());
    }

    @Test
    void bothMayOpenAtOnce() {
        TcpConnection connection = forward();
        int ours = rig.only().seq();
        answer(900, 0, SYN);
        Seen both = rig.only();
        assertEquals(SYN | ACK, both.flags());
        assertEquals(901, both.ack());
        assertEquals(ours, both.seq());
        answer(901, ours + 1, ACK);
        assertEquals(Stage.ESTABLISHED, connection.stage());
    }

    @Test
    void twoSendersThatLookAlikeGetDifferentPorts() {
        forward();
        int first = rig.only().from();
        forward();
        assertNotEquals(first, rig.only().from());
    }
}
