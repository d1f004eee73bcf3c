package dev.backplane.console.reseed.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.Resumption;
import dev.backplane.api.part.Resumption.Cause;
import dev.backplane.api.state.StateException;
import dev.backplane.testkit.ConsoleBench;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReseedConsoleTest {
    private final ConsoleBench<ReseedOptions, ReseedState> bench =
            ConsoleBench.plug(new ReseedConsole(), new ReseedOptions());

    @AfterEach
    void close() {
        bench.close();
    }

    private void say(String words) {
        bench.writeAll(words.getBytes(StandardCharsets.US_ASCII));
    }

    private String hear() {
        StringBuilder heard = new StringBuilder();
        for (int value = bench.port().read(); value >= 0; value = bench.port().read()) {
            heard.append((char) value);
        }
        return heard.toString();
    }

    private void become(Cause cause) {
        bench.quiesce();
        bench.resume(new Resumption(cause, Duration.ofSeconds(1)));
    }

    /** What the guest is to answer. */
    private static String word(String heard) {
        String[] lines = heard.split("\n");
        assertEquals(4, lines.length, heard);
        assertEquals("", lines[0]);
        assertTrue(lines[1].startsWith("seed "), heard);
        assertEquals(64, Base64.getDecoder().decode(lines[1].substring(5)).length);
        long late = Instant.now().getEpochSecond() - Long.parseLong(lines[2].substring(5));
        assertTrue(late >= 0 && late < 120, heard);
        assertTrue(lines[3].startsWith("go "), heard);
        return lines[3].substring(3);
    }

    @ParameterizedTest
    @EnumSource
    void onlyACloneAndOneFromASnapshotIsToldAndOnlyItsOwnWordOpensTheNetworks(Cause cause) {
        say("G 1\n");
        become(cause);
        String heard = hear();
        if (cause != Cause.CLONE && cause != Cause.SNAPSHOT) {
            assertEquals("", heard);
            return;
        }
        say("D 1\nD \nsomething longer than a line of such a guest's may be\n");
        assertEquals(0, bench.machine().renewals());
        say("D " + word(heard) + "\n");
        assertEquals(1, bench.machine().renewals());
        say("D " + word(heard) + "\n");
        assertEquals(1, bench.machine().renewals());
    }

    @Test
    void aGuestThatDoesNotListenYetIsToldWhenItGreets() {
        become(Cause.CLONE);
        assertEquals("", hear());
        say("G 1\n");
        assertNotEquals("", word(hear()));
    }

    /** It is copied before it has heard all, or before it has answered. */
    @Test
    void aCloneOfACloneIsToldAnew() {
        say("G 1\n");
        become(Cause.CLONE);
        bench.port().read();
        become(Cause.CLONE);
        String first = hear();
        become(Cause.CLONE);
        String second = hear();
        assertNotEquals(first.split("\n")[1], second.split("\n")[1]);
        say("D " + word(first) + "\n");
        assertEquals(0, bench.machine().renewals());
        say("D " + word(second) + "\n");
        assertEquals(1, bench.machine().renewals());
    }

    @Test
    void aSuccessorGoesOnInTheMidstOfALine() {
        say("G 1\n");
        become(Cause.SNAPSHOT);
        StringBuilder heard = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            heard.append((char) bench.port().read());
        }
        bench.swap();
        heard.append(hear());
        String answer = "D " + word(heard.toString()) + "\n";
        say(answer.substring(0, 7));
        bench.swap();
        say(answer.substring(7));
        assertEquals(1, bench.machine().renewals());
    }

    @Test
    void aStateThatDoesNotFitIsRefused() {
        for (int[] bytes : new int[][] {{33, 0}, {0, 1025}}) {
            ReseedState bad = new ReseedState(true, true, "", new byte[bytes[0]], new byte[bytes[1]]);
            StateException refused = assertThrows(StateException.class, () -> bench.rehearse(bad));
            assertTrue(refused.getMessage().contains("at most"), refused.getMessage());
        }
    }
}
