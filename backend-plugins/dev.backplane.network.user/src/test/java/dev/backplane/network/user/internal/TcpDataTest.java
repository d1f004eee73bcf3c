package dev.backplane.network.user.internal;

import static dev.backplane.network.user.internal.TcpRig.WINDOW;
import static dev.backplane.network.user.internal.Wires.ACK;
import static dev.backplane.network.user.internal.Wires.RST;
import static dev.backplane.network.user.internal.Wires.SYN;
import static dev.backplane.network.user.internal.Wires.text;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Data in both directions, whatever is lost, comes twice or finds no room (RFC 9293 3.8, 3.10.7.4). */
class TcpDataTest {
    private static final byte[] NONE = new byte[0];
    private static final int MSS = 1460;

    private final TcpRig rig = new TcpRig();

    private static byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        new Random(count).nextBytes(bytes);
        return bytes;
    }

    // ---- to the host

    @Test
    void dataInOrderIsWrittenAndAcknowledged() {
        rig.establish();
        rig.give(0, text("hello "));
        rig.acknowledged(rig.seq);
        rig.give(0, text("world"));
        rig.acknowledged(rig.seq);
        rig.written("hello world");
    }

    @Test
    void segmentsThatComeTogetherAreAcknowledgedOnce() {
        rig.establish();
        for (int i = 0; i < 10; i++) {
            rig.receive(rig.segment(rig.seq, rig.ack, ACK, WINDOW, text("0123456789")));
            rig.seq += 10;
        }
        rig.flush();
        rig.acknowledged(rig.seq);
    }

    @Test
    void whatComesBeforeItsTurnWaitsForIt() {
        rig.establish();
        int seq = rig.seq;
        rig.giveAt(seq + 6, rig.ack, ACK, text("CCC"));
        rig.acknowledged(seq);
        rig.giveAt(seq + 3, rig.ack, ACK, text("BBB"));
        rig.acknowledged(seq);
        rig.written("");
        rig.giveAt(seq, rig.ack, ACK, text("AAA"));
        rig.acknowledged(seq + 9);
        rig.written("AAABBBCCC");
        assertEquals(0, rig.tcp.rings().used());
    }

    @Test
    void whatComesTwiceOrOverlapsIsWrittenOnce() {
        rig.establish();
        int seq = rig.seq;
        rig.giveAt(seq, rig.ack, ACK, text("abcd"));
        rig.acknowledged(seq + 4);
        rig.giveAt(seq, rig.ack, ACK, text("abcd"));
        rig.acknowledged(seq + 4);
        rig.giveAt(seq + 2, rig.ack, ACK, text("cdef"));
        rig.acknowledged(seq + 6);
        rig.written("abcdef");
    }

    @Test
    void morePiecesThanAreRememberedComeAgain() {
        rig.establish();
        int seq = rig.seq;
        for (int i = 1; i <= 20; i++) {
            rig.giveAt(seq + 2 * i, rig.ack, ACK, text("x"));
        }
        rig.seen.clear();
        for (int i = 0; i <= 20; i++) {
            rig.giveAt(seq + 2 * i, rig.ack, ACK, text("xy"));
        }
        rig.written("xy".repeat(21));
        assertEquals(seq + 42, rig.seen.getLast().ack());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anyOrderOfPiecesGivesTheSameBytes(long seed) {
        Random random = new Random(seed);
        rig.establish();
        rig.stream.room = 0;
        byte[] all = bytes(200_000);
        int begin = rig.seq;
        int done = 0;
        int edge = begin + 65_535;
        while (done < all.length) {
            int from = Math.max(0, done + random.nextInt(8000) - 3000);
            int length = Math.min(1 + random.nextInt(3000), all.length - from);
            if (length > 0) {
                rig.giveAt(begin + from, rig.ack, ACK, Arrays.copyOfRange(all, from, from + length));
            }
            if (random.nextInt(3) == 0) {
                rig.stream.take(random.nextInt(6000));
                rig.flush();
            }
            for (Seen each : rig.seen) {
                done = Math.max(done, each.ack() - begin);
                int newEdge = each.ack() + each.window();
                assertTrue(newEdge - edge >= 0 || each.ack() - begin < done, "the window shrank, seed " + seed);
                edge = newEdge;
            }
            rig.seen.clear();
        }
        rig.stream.take(all.length);
        rig.flush();
        assertArrayEquals(all, rig.stream.written.toByteArray(), "seed " + seed);
        assertEquals(0, rig.tcp.rings().used());
    }

    @Test
    void aHostThatTakesNothingClosesTheWindowAndItsTakingOpensIt() {
        rig.establish();
        rig.stream.room = 0;
        byte[] all = bytes(65_535);
        for (int at = 0; at < all.length; at += MSS) {
            rig.give(0, Arrays.copyOfRange(all, at, Math.min(all.length, at + MSS)));
        }
        assertEquals(0, rig.seen.getLast().window());
        rig.seen.clear();
        // More than there is room for: answered, and not taken.
        rig.giveAt(rig.seq, rig.ack, ACK, text("more"));
        rig.acknowledged(rig.seq);
        rig.stream.take(100);
        rig.flush();
        rig.nothing();
        rig.stream.take(40_000);
        rig.flush();
        assertEquals(40_100, rig.only().window());
        rig.give(0, text("more"));
        rig.stream.take(1 << 20);
        rig.flush();
        assertArrayEquals(Wires.join(all, text("more")), rig.stream.written.toByteArray());
        assertEquals(0, rig.tcp.rings().used());
    }

    @Test
    void segmentsOutsideOfTheWindowAreAnsweredAndNothingElse() {
        rig.establish();
        for (int offset : new int[] {65_535, 100_000, Integer.MAX_VALUE, -5}) {
            rig.giveAt(rig.seq + offset, rig.ack, ACK, text("abc"));
            rig.acknowledged(rig.seq);
        }
        // A question whether we are still there (RFC 1122 4.2.3.6).
        rig.giveAt(rig.seq - 1, rig.ack, ACK, NONE);
        rig.acknowledged(rig.seq);
        rig.giveAt(rig.seq - 1, rig.ack, RST, NONE);
        rig.giveAt(rig.seq + 65_535, rig.ack, RST, NONE);
        rig.nothing();
        rig.written("");
    }

    @Test
    void whatWasNeverSentCannotBeAcknowledged() {
        rig.establish();
        rig.giveAt(rig.seq, rig.ack + 1, ACK, text("abc"));
        rig.acknowledged(rig.seq);
        rig.giveAt(rig.seq, rig.ack, 0, text("abc"));
        rig.nothing();
        rig.written("");
    }

    @Test
    void aSynOrAResetThatIsOnlyGuessedIsQuestioned() {
        rig.establish();
        rig.giveAt(rig.seq + 5, rig.ack, RST, NONE);
        rig.acknowledged(rig.seq);
        rig.giveAt(rig.seq + 5, 0, SYN, NONE);
        rig.acknowledged(rig.seq);
        rig.giveAt(rig.seq, rig.ack, SYN | ACK, NONE);
        rig.acknowledged(rig.seq);
        assertFalse(rig.stream.reset);
    }

    // ---- to the guest

    private byte[] received() {
        byte[] all = NONE;
        while (!rig.seen.isEmpty()) {
            Seen next = rig.seen.remove();
            if (next.seq() == rig.ack) {
                all = Wires.join(all, next.data());
                rig.ack += next.data().length;
            }
        }
        return all;
    }

    @Test
    void dataOfTheHostComesInSegmentsOfTheGuestsSizeWithinItsWindow() {
        rig.establish();
        byte[] all = bytes(10_000);
        rig.acknowledge(rig.ack, 5000);
        rig.stream.supply(all);
        rig.flush();
        assertTrue(rig.seen.stream().allMatch(each -> each.data().length <= MSS));
        byte[] first = received();
        assertEquals(3 * MSS, first.length);
        rig.acknowledge(rig.ack, 5000);
        byte[] second = received();
        rig.acknowledge(rig.ack, 5000);
        byte[] third = received();
        assertArrayEquals(all, Wires.join(first, second, third));
        assertEquals(1, rig.tcp.rings().used());
        rig.acknowledge(rig.ack, 5000);
        assertEquals(0, rig.tcp.rings().used());
    }

    @Test
    void noMoreIsReadFromTheHostThanThereIsRoomFor() {
        rig.establish();
        rig.acknowledge(rig.ack, 0);
        rig.stream.supply(bytes(1 << 20));
        rig.flush();
        assertFalse(rig.stream.awaitsReadable);
        assertTrue((1 << 20) - rig.stream.left() <= 65_535);
        rig.nothing();
    }

    @Test
    void aClosedWindowIsAskedForEverMoreSeldomAndOpensAgain() {
        rig.establish();
        rig.acknowledge(rig.ack, 0);
        rig.stream.supply(text("hello"));
        rig.flush();
        rig.nothing();
        int seconds = 1;
        for (int i = 0; i < 20; i++) {
            rig.pass(Duration.ofSeconds(seconds));
            Seen question = rig.only();
            assertEquals(rig.ack - 1, question.seq());
            assertEquals(0, question.data().length);
            rig.acknowledge(rig.ack, 0);
            rig.nothing();
            seconds = Math.min(60, seconds * 2);
        }
        rig.acknowledge(rig.ack, 100);
        assertArrayEquals(text("hello"), received());
    }

    @Test
    void aGuestThatNeverAnswersIsGivenUp() {
        rig.establish();
        rig.stream.supply(text("hello"));
        rig.flush();
        assertArrayEquals(text("hello"), rig.only().data());
        for (int i = 0; i < TcpSender.MOST_TRIES; i++) {
            rig.pass(Duration.ofSeconds(61));
            assertArrayEquals(text("hello"), rig.only().data());
        }
        rig.pass(Duration.ofSeconds(61));
        assertTrue(rig.only().has(RST));
        assertTrue(rig.stream.reset);
        assertEquals(0, rig.tcp.rings().used());
    }

    @Test
    void whatWasLostIsSentAgainWhenItsTimeHasCome() {
        rig.establish();
        byte[] all = bytes(4 * MSS);
        rig.stream.supply(all);
        rig.flush();
        assertEquals(4, rig.seen.size());
        rig.seen.clear();
        rig.pass(Duration.ofMillis(999));
        rig.nothing();
        rig.pass(Duration.ofMillis(1));
        // One segment, until the way is known to be free.
        assertArrayEquals(Arrays.copyOf(all, MSS), received());
        rig.acknowledge(rig.ack, WINDOW);
        assertArrayEquals(Arrays.copyOfRange(all, MSS, 3 * MSS), received());
        rig.acknowledge(rig.ack, WINDOW);
        assertArrayEquals(Arrays.copyOfRange(all, 3 * MSS, 4 * MSS), received());
    }

    @Test
    void threeAcknowledgmentsOfTheSameMeanThatTheNextWasLost() {
        rig.establish();
        byte[] all = bytes(5 * MSS);
        rig.stream.supply(all);
        rig.flush();
        rig.seen.clear();
        for (int i = 0; i < 2; i++) {
            rig.acknowledge(rig.ack, WINDOW);
            rig.nothing();
        }
        rig.acknowledge(rig.ack, WINDOW);
        assertArrayEquals(Arrays.copyOf(all, MSS), rig.only().data());
        // The second was lost as well: an acknowledgment of part of it says so.
        rig.acknowledge(rig.ack + MSS, WINDOW);
        assertArrayEquals(Arrays.copyOfRange(all, MSS, 2 * MSS), rig.only().data());
        rig.acknowledge(rig.ack + 4 * MSS, WINDOW);
        rig.nothing();
        assertEquals(0, rig.tcp.rings().used());
    }

    @Test
    void oldAcknowledgmentsDoNotMoveTheWindow() {
        rig.establish();
        rig.give(0, text("abc"));
        rig.seen.clear();
        rig.giveAt(rig.seq - 3, rig.ack, ACK, NONE);
        rig.seen.clear();
        rig.acknowledge(rig.ack, 10);
        rig.give(rig.segment(rig.seq - 3, rig.ack, ACK, 5000, NONE));
        rig.seen.clear();
        rig.stream.supply(bytes(100));
        rig.flush();
        assertEquals(10, rig.only().data().length);
    }

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16})
    void everythingArrivesThoughManyAreLost(long seed) {
        Random random = new Random(seed);
        rig.establish();
        byte[] all = bytes(300_000);
        rig.stream.supply(all);
        rig.flush();
        byte[] got = new byte[all.length];
        int begin = rig.ack;
        for (int i = 0; rig.ack - begin < all.length; i++) {
            assertTrue(i < 100_000, "it does not get on, seed " + seed);
            if (rig.seen.isEmpty()) {
                rig.pass(Duration.ofMillis(200));
            }
            int count = rig.seen.size();
            for (int j = 0; j < count; j++) {
                Seen next = rig.seen.remove();
                if (random.nextInt(10) == 0) {
                    continue;
                }
                if (next.seq() == rig.ack) {
                    System.arraycopy(next.data(), 0, got, rig.ack - begin, next.data().length);
                    rig.ack += next.data().length;
                }
                if (random.nextInt(10) != 0) {
                    rig.acknowledge(rig.ack, random.nextInt(20) == 0 ? 0 : random.nextInt(WINDOW));
                }
            }
        }
        assertArrayEquals(all, got, "seed " + seed);
    }

    @Test
    void aGuestsFullQueueHoldsUpAndLosesNothing() {
        rig.establish();
        byte[] all = bytes(60_000);
        rig.room = 0;
        rig.stream.supply(all);
        rig.flush();
        rig.nothing();
        rig.room = 1;
        rig.writable();
        byte[] got = received();
        // All that may be under way at first (RFC 6928), in the one frame that there is room for.
        assertEquals(10 * MSS, got.length);
        rig.room = Integer.MAX_VALUE;
        while (got.length < all.length) {
            rig.writable();
            rig.acknowledge(rig.ack, WINDOW);
            got = Wires.join(got, received());
        }
        assertArrayEquals(all, got);
    }

    @Test
    void theMostMemoryIsTwoRingsForEachConnection() {
        for (int i = 0; i < TcpRig.MOST; i++) {
            rig.give(Wires.tcp(Wires.GUEST, Wires.GATEWAY, 1000 + i, 80, 5, 0, SYN, 0, NONE));
            FakeStream stream = rig.stream;
            stream.room = 0;
            stream.owner.connected();
            rig.flush();
            int ours = rig.seen.remove().seq();
            for (int j = 0; j < 100; j++) {
                rig.give(Wires.tcp(
                        Wires.GUEST, Wires.GATEWAY, 1000 + i, 80, 6 + 1000 * j, ours + 1, ACK, 0, new byte[1000]));
            }
            stream.supply(new byte[1 << 20]);
            rig.flush();
            rig.seen.clear();
        }
        assertEquals(2 * TcpRig.MOST, rig.tcp.rings().used());
        rig.tcp.close();
        assertEquals(0, rig.tcp.rings().used());
        assertEquals(0, rig.tcp.connections().size());
    }
}
