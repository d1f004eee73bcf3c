package dev.backplane.network.user.internal;

import static dev.backplane.network.user.internal.TcpRig.ISN;
import static dev.backplane.network.user.internal.TcpRig.WINDOW;
import static dev.backplane.network.user.internal.Wires.ACK;
import static dev.backplane.network.user.internal.Wires.FIN;
import static dev.backplane.network.user.internal.Wires.RST;
import static dev.backplane.network.user.internal.Wires.SYN;
import static dev.backplane.network.user.internal.Wires.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.network.user.internal.TcpConnection.Stage;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How connections end: either end first, both at once, half, or broken off (RFC 9293 3.6, 3.10.7.4). */
class TcpEndTest {
    private static final byte[] NONE = new byte[0];

    private final TcpRig rig = new TcpRig();

    private void gone() {
        assertEquals(0, rig.tcp.connections().size());
        assertEquals(0, rig.tcp.rings().used());
    }

    /** Our FIN, which the guest counts. */
    private void fin() {
        Seen fin = rig.only();
        assertEquals(FIN, fin.flags() & FIN);
        assertEquals(rig.ack, fin.seq());
        rig.ack += fin.data().length + 1;
    }

    @Test
    void theGuestEndsFirst() {
        FakeStream stream = rig.establish();
        rig.give(FIN, text("bye"));
        rig.acknowledged(rig.seq);
        rig.written("bye");
        assertTrue(stream.outputShut);
        assertEquals(Stage.CLOSE_WAIT, rig.stage());
        stream.finish();
        rig.flush();
        fin();
        assertEquals(Stage.LAST_ACK, rig.stage());
        rig.give(0, NONE);
        assertTrue(stream.closed);
        assertFalse(stream.reset);
        rig.nothing();
        gone();
    }

    @Test
    void theHostEndsFirst() {
        FakeStream stream = rig.establish();
        stream.supply(text("bye"));
        stream.finish();
        rig.flush();
        assertArrayEquals(text("bye"), rig.seen.peek().data());
        fin();
        assertEquals(Stage.FIN_WAIT_1, rig.stage());
        rig.give(0, NONE);
        assertEquals(Stage.FIN_WAIT_2, rig.stage());
        rig.give(FIN, NONE);
        rig.acknowledged(rig.seq);
        assertTrue(stream.outputShut);
        assertEquals(Stage.TIME_WAIT, rig.stage());
        // Our last acknowledgment was lost.
        rig.pass(Duration.ofMillis(1500));
        rig.giveAt(rig.seq - 1, rig.ack, FIN | ACK, NONE);
        rig.acknowledged(rig.seq);
        rig.pass(Duration.ofMillis(1500));
        assertFalse(stream.closed);
        rig.pass(Duration.ofSeconds(1));
        assertTrue(stream.closed);
        gone();
    }

    @Test
    void whatLingersIsForgottenInTimeHoweverOftenTheNetworkIsReplaced() {
        FakeStream stream = rig.establish();
        stream.finish();
        rig.flush();
        fin();
        rig.give(FIN, NONE);
        rig.acknowledged(rig.seq);
        assertEquals(Stage.TIME_WAIT, rig.stage());
        for (int i = 0; i < 4; i++) {
            rig.pass(Duration.ofMillis(450));
            rig.replace();
            assertEquals(Stage.TIME_WAIT, rig.stage());
        }
        rig.pass(Duration.ofMillis(100));
        assertFalse(stream.closed);
        rig.pass(Duration.ofMillis(200));
        assertTrue(stream.closed);
        gone();
    }

    @Test
    void bothEndAtOnce() {
        FakeStream stream = rig.establish();
        stream.finish();
        rig.flush();
        int before = rig.ack;
        fin();
        // The guest's FIN does not know of ours.
        rig.giveAt(rig.seq, before, FIN | ACK, NONE);
        rig.seq++;
        rig.acknowledged(rig.seq);
        assertEquals(Stage.CLOSING, rig.stage());
        rig.give(0, NONE);
        assertEquals(Stage.TIME_WAIT, rig.stage());
        rig.pass(Duration.ofSeconds(6));
        assertTrue(stream.closed);
        gone();
    }

    @Test
    void anEndThatAcknowledgesOursGoesStraightToTheLast() {
        rig.establish().finish();
        rig.flush();
        fin();
        rig.give(FIN, NONE);
        rig.acknowledged(rig.seq);
        assertEquals(Stage.TIME_WAIT, rig.stage());
    }

    @Test
    void theGuestMayListenAfterItsEnd() {
        FakeStream stream = rig.establish();
        rig.give(FIN, text("GET"));
        rig.seen.clear();
        for (int i = 0; i < 5; i++) {
            stream.supply(text("part" + i));
            rig.flush();
            Seen data = rig.only();
            assertArrayEquals(text("part" + i), data.data());
            rig.ack += 5;
            rig.acknowledge(rig.ack, WINDOW);
        }
        stream.finish();
        rig.flush();
        fin();
        rig.give(0, NONE);
        assertTrue(stream.closed);
        gone();
    }

    @Test
    void theHostMayListenAfterItsEnd() {
        FakeStream stream = rig.establish();
        stream.finish();
        rig.flush();
        fin();
        rig.give(0, text("still "));
        rig.acknowledged(rig.seq);
        rig.give(0, text("here"));
        rig.acknowledged(rig.seq);
        rig.written("still here");
        assertFalse(stream.outputShut);
        rig.give(FIN, NONE);
        rig.acknowledged(rig.seq);
        assertTrue(stream.outputShut);
    }

    @Test
    void anEndBeforeItsTurnWaitsForWhatIsMissing() {
        FakeStream stream = rig.establish();
        int seq = rig.seq;
        rig.giveAt(seq + 3, rig.ack, FIN | ACK, text("def"));
        rig.acknowledged(seq);
        rig.giveAt(seq, rig.ack, ACK, text("abc"));
        rig.acknowledged(seq + 6);
        assertFalse(stream.outputShut);
        rig.giveAt(seq + 3, rig.ack, FIN | ACK, text("def"));
        rig.acknowledged(seq + 7);
        rig.written("abcdef");
        assertTrue(stream.outputShut);
        // Nothing comes behind an end.
        rig.giveAt(seq + 7, rig.ack, ACK, text("ghi"));
        rig.acknowledged(seq + 7);
        rig.written("");
    }

    @Test
    void whatTheHostHasNotTakenYetArrivesBeforeTheEnd() {
        FakeStream stream = rig.establish();
        stream.room = 2;
        rig.give(FIN, text("slowly"));
        rig.seen.clear();
        stream.finish();
        rig.flush();
        fin();
        rig.give(0, NONE);
        // Agreed with the guest, and kept for the host.
        assertFalse(stream.outputShut);
        assertFalse(stream.closed);
        stream.take(2);
        rig.flush();
        assertFalse(stream.outputShut);
        stream.take(2);
        rig.flush();
        rig.written("slowly");
        assertTrue(stream.outputShut);
        assertTrue(stream.closed);
        gone();
    }

    @Test
    void aHostThatNeverTakesTheRestIsGivenUp() {
        FakeStream stream = rig.establish();
        stream.room = 0;
        rig.give(FIN, text("never"));
        stream.finish();
        rig.flush();
        rig.seen.removeFirst();
        fin();
        rig.give(0, NONE);
        rig.pass(Duration.ofMinutes(2));
        assertTrue(stream.reset);
        gone();
    }

    @Test
    void ourEndIsSentAgainUntilItIsAcknowledged() {
        rig.establish().finish();
        rig.flush();
        Seen first = rig.only();
        for (int seconds = 1; seconds < 8; seconds *= 2) {
            rig.pass(Duration.ofSeconds(seconds));
            assertArrayEquals(first.frame(), rig.only().frame());
        }
        rig.ack++;
        rig.give(0, NONE);
        assertEquals(Stage.FIN_WAIT_2, rig.stage());
        rig.pass(Duration.ofMinutes(1));
        rig.nothing();
    }

    @Test
    void ourEndWaitsForTheGuestsWindow() {
        FakeStream stream = rig.establish();
        rig.acknowledge(rig.ack, 0);
        stream.finish();
        rig.flush();
        rig.nothing();
        rig.pass(Duration.ofSeconds(1));
        assertEquals(rig.ack - 1, rig.only().seq());
        rig.acknowledge(rig.ack, 1);
        fin();
    }

    @Test
    void aResetOfTheGuestBreaksTheHostsEndOff() {
        FakeStream stream = rig.establish();
        rig.giveAt(rig.seq, 0, RST, NONE);
        assertTrue(stream.reset);
        rig.nothing();
        gone();
    }

    @Test
    void aHostsPeerThatIsGoneResetsTheGuest() {
        FakeStream stream = rig.establish();
        rig.give(0, text("abc"));
        rig.seen.clear();
        stream.breakOff();
        rig.flush();
        Seen reset = rig.only();
        assertEquals(RST | ACK, reset.flags());
        assertEquals(rig.ack, reset.seq());
        assertEquals(rig.seq, reset.ack());
        gone();
        rig.establish();
        rig.stream.awaitsReadable = false;
        rig.stream.broken = true;
        rig.give(0, text("abc"));
        assertTrue(rig.only().has(RST));
        gone();
    }

    @Test
    void aPortIsUsedAgainWhileTheLastConnectionLingers() {
        FakeStream stream = rig.establish();
        stream.finish();
        rig.flush();
        fin();
        rig.give(FIN, NONE);
        rig.seen.clear();
        // An old SYN, then a new one.
        rig.giveAt(ISN, 0, SYN, NONE);
        rig.acknowledged(rig.seq);
        assertEquals(1, rig.connects.size());
        rig.giveAt(rig.seq + 1000, 0, SYN, NONE);
        assertTrue(stream.closed);
        assertEquals(2, rig.connects.size());
        assertEquals(Stage.CONNECTING, rig.stage());
    }

    @Test
    void aConnectionIsForgottenAfterTwoSilentHours() {
        FakeStream stream = rig.establish();
        rig.pass(Duration.ofMinutes(124));
        rig.nothing();
        assertFalse(stream.reset);
        rig.pass(Duration.ofMinutes(1));
        assertTrue(rig.only().has(RST));
        assertTrue(stream.reset);
        gone();
    }
}
