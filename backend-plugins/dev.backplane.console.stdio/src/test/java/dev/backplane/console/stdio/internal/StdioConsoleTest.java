package dev.backplane.console.stdio.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.console.TerminalSize;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.testkit.ConsoleBench;
import dev.backplane.testkit.ConsoleContract;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class StdioConsoleTest extends ConsoleContract<StdioOptions, StdioState> {
    private final FakeTerminal terminal = new FakeTerminal();

    @Override
    protected ConsoleBackend<StdioOptions, StdioState> backend() {
        return new StdioConsole(terminal);
    }

    @Override
    protected StdioOptions options() {
        return new StdioOptions();
    }

    @Override
    protected FarEnd farEnd() {
        return terminal;
    }

    @Test
    void itIsAttachedOnceFromItsStartToItsEnd() {
        ConsoleBench<StdioOptions, StdioState> bench = ConsoleBench.plug(backend(), options());
        assertEquals(1, terminal.attached());
        bench.swapAndRollBack();
        assertEquals(1, terminal.attached());
        bench.quiesce();
        assertEquals(1, terminal.attached(), "a pause does not detach");
        bench.close();
        assertEquals(0, terminal.attached());
    }

    @Test
    void aStoppedTerminalMakesTheConsoleFullAndNothingIsLostWhenItGoesOn() throws Exception {
        byte[] many = new byte[3 * StdioState.OUTPUT_BYTES];
        for (int i = 0; i < many.length; i++) {
            many[i] = (byte) (i * 31);
        }
        try (var bench = ConsoleBench.plug(backend(), options())) {
            terminal.stop();
            int written = 0;
            while (bench.write(many[written])) {
                written++;
            }
            assertTrue(written >= StdioState.OUTPUT_BYTES && written < many.length, written + " bytes");
            assertFalse(bench.write((byte) 0));
            terminal.goOn();
            bench.writeAll(Arrays.copyOfRange(many, written, many.length));
            assertArrayEquals(many, terminal.receive(many.length));
        }
    }

    @Test
    void aTerminalThatTakesNothingMissesTheDeadlineAndThePartGoesOnAfterwards() throws Exception {
        byte[] words = "not lost".getBytes(US_ASCII);
        try (var bench = ConsoleBench.plug(backend(), options())) {
            terminal.stop();
            bench.writeAll(words);
            IllegalStateException error =
                    assertThrows(IllegalStateException.class, () -> bench.quiesce(Deadline.in(Duration.ofMillis(50))));
            assertTrue(error.getMessage().contains("8 bytes wait"), error::toString);
            bench.resume(new Resumption(Resumption.Cause.ROLLBACK, Duration.ZERO));
            terminal.goOn();
            assertArrayEquals(words, terminal.receive(words.length));
            bench.writeAll(words);
            assertArrayEquals(words, terminal.receive(words.length));
        }
    }

    @Test
    void theTerminalsSizeIsToldWheneverItIsAnother() {
        try (var bench = ConsoleBench.plug(backend(), options())) {
            bench.awaitSize(new TerminalSize(80, 24));
            terminal.resize(132, 50);
            bench.awaitSize(new TerminalSize(132, 50));
            bench.quiesce();
            terminal.resize(100, 40);
            bench.resume(new Resumption(Resumption.Cause.PAUSE, Duration.ZERO));
            bench.awaitSize(new TerminalSize(100, 40));
        }
    }

    @Test
    void aTerminalThatIsGoneFailsTheConsoleWithItsReason() throws Exception {
        try (var bench = ConsoleBench.plug(backend(), options())) {
            terminal.hangUp();
            bench.writeAll(new byte[] {1});
            for (int i = 0; i < 1000 && bench.machine().failures().isEmpty(); i++) {
                Thread.sleep(10);
            }
            assertEquals(
                    "[console: output failed: hung up]",
                    bench.machine().failures().toString());
        }
    }
}
