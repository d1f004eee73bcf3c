package dev.backplane.natives.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.natives.HostException;
import dev.backplane.natives.terminal.ByteStream;
import dev.backplane.natives.terminal.Direction;
import dev.backplane.natives.terminal.HostTerminals;
import dev.backplane.natives.terminal.ModeChange;
import dev.backplane.natives.terminal.TerminalMode;
import dev.backplane.natives.terminal.WindowSize;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TerminalTest {
    private final SystemCalls calls = SystemCalls.bind();
    private final HostTerminals terminals = new LinuxTerminals(calls);
    private final List<AutoCloseable> open = new ArrayList<>();
    private PseudoTerminal pty;

    TerminalTest() throws HostException {
        pty = new PseudoTerminal(calls);
        open.add(pty);
    }

    @BeforeEach
    void size() throws HostException {
        pty.resize(24, 80);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    @Test
    void aPseudoTerminalIsATerminalAndAnEventCounterIsNot() throws HostException {
        assertTrue(terminals.isTerminal(pty.terminal.number()));
        long counter = calls.check(libc -> libc.eventfd(0, Linux.EFD_CLOEXEC), "eventfd");
        try (Descriptor other = Descriptor.of(calls, "counter", counter)) {
            assertFalse(terminals.isTerminal(other.number()));
            HostException error = assertThrows(HostException.class, () -> terminals.windowSize(other.number()));
            assertEquals("ENOTTY", error.errno());
            assertThrows(HostException.class, () -> terminals.change(other.number(), TerminalMode.RAW));
        }
        assertFalse(terminals.isTerminal(-1));
    }

    @Test
    void theWindowSizeFollowsTheTerminal() throws HostException {
        assertEquals(new WindowSize(24, 80), terminals.windowSize(pty.terminal.number()));
        pty.resize(50, 132);
        assertEquals(new WindowSize(50, 132), terminals.windowSize(pty.terminal.number()));
    }

    @Test
    void rawModePassesControlKeysAndLineFeedsAsTheyAre() throws HostException {
        ByteStream input = input();
        ByteStream output = stream(Direction.OUTPUT);
        try (ModeChange raw = terminals.change(pty.terminal.number(), TerminalMode.RAW)) {
            pty.type("a\u0003\r\u0013\u001a");
            assertEquals("a\u0003\r\u0013\u001a", readExactly(input, 5));
            output.write("x\n".getBytes(US_ASCII), 0, 2, ByteStream.FOREVER);
            assertEquals("x\n", pty.screen());
            raw.reapply();
        }
    }

    @Test
    void rawInputStillReturnsTheCarriageOnOutput() throws HostException {
        ByteStream output = stream(Direction.OUTPUT);
        try (ModeChange raw = terminals.change(pty.terminal.number(), TerminalMode.RAW_INPUT)) {
            output.write("x\n".getBytes(US_ASCII), 0, 2, ByteStream.FOREVER);
            assertEquals("x\r\n", pty.screen());
            raw.reapply();
        }
    }

    @Test
    void closingTheModeChangeRestoresEveryAttribute() throws HostException {
        byte[] before = attributes();
        ModeChange raw = terminals.change(pty.terminal.number(), TerminalMode.RAW);
        assertNotEquals(new String(before, US_ASCII), new String(attributes(), US_ASCII));
        raw.close();
        assertArrayEquals(before, attributes());
        raw.reapply();
        raw.close();
        assertArrayEquals(before, attributes());
    }

    @Test
    void aReadWithoutInputEndsWhenTheTimeIsOver() throws HostException {
        assertEquals(0, input().read(new byte[8], 0, 8, Duration.ofMillis(20)));
        assertEquals(0, input().read(new byte[8], 0, 8, Duration.ZERO));
    }

    @Test
    void aWaitingReadIsWokenAndTheStreamGoesOn() throws Exception {
        ByteStream input = input();
        FutureTask<Integer> reader = startReader(input);
        input.wake();
        assertEquals(0, reader.get());
        try (ModeChange raw = terminals.change(pty.terminal.number(), TerminalMode.RAW)) {
            pty.type("k");
            assertEquals("k", readExactly(input, 1));
            raw.reapply();
        }
    }

    @Test
    void aWakeBeforeTheReadIsNotLostAndDoesNotAddUp() throws HostException {
        ByteStream input = input();
        input.wake();
        input.wake();
        assertEquals(0, input.read(new byte[8], 0, 8, ByteStream.FOREVER));
        assertEquals(0, input.read(new byte[8], 0, 8, Duration.ofMillis(1)));
    }

    @Test
    void closingEndsAWaitingRead() throws Exception {
        ByteStream input = input();
        FutureTask<Integer> reader = startReader(input);
        input.close();
        assertEquals(0, reader.get());
        assertThrows(IllegalStateException.class, () -> input.read(new byte[1], 0, 1, Duration.ZERO));
        input.wake();
    }

    @Test
    void aTerminalThatIsGoneIsTheEndOfTheStream() throws HostException {
        ByteStream input = input();
        pty.master.close();
        assertEquals(ByteStream.END, input.read(new byte[8], 0, 8, ByteStream.FOREVER));
    }

    @Test
    void aWriteToAStoppedTerminalIsPartialThenWokenAndLeavesTheOthersDescriptorBlocking() throws Exception {
        ByteStream output = stream(Direction.OUTPUT);
        byte[] many = new byte[1 << 16];
        int written = 0;
        int count;
        while ((count = output.write(many, 0, many.length, Duration.ofMillis(50))) > 0) {
            written += count;
        }
        assertTrue(written > 0 && written < 1 << 24, written + " bytes were taken by a terminal that nobody reads");
        FutureTask<Integer> writer = new FutureTask<>(() -> output.write(many, 0, 1, ByteStream.FOREVER));
        Thread.ofPlatform().daemon().start(writer);
        output.wake();
        assertEquals(0, writer.get());
        long flags = pty.terminal.check((libc, fd) -> libc.fcntl(fd, 3, 0), "fcntl(%s, F_GETFL)");
        assertEquals(0, flags & Linux.O_NONBLOCK);
    }

    @Test
    void manyStreamsLeaveNoDescriptorBehind() throws Exception {
        stream(Direction.INPUT).close();
        long before = descriptors();
        for (int i = 0; i < 100; i++) {
            terminals.stream(pty.terminal.number(), Direction.INPUT).close();
        }
        assertEquals(before, descriptors());
    }

    private FutureTask<Integer> startReader(ByteStream input) throws InterruptedException {
        CountDownLatch started = new CountDownLatch(1);
        FutureTask<Integer> reader = new FutureTask<>(() -> {
            started.countDown();
            return input.read(new byte[8], 0, 8, ByteStream.FOREVER);
        });
        Thread.ofPlatform().daemon().start(reader);
        started.await();
        // The read is about to wait or waits: both must be woken. Most runs see it waiting.
        Thread.sleep(20);
        return reader;
    }

    private ByteStream input() throws HostException {
        return stream(Direction.INPUT);
    }

    private ByteStream stream(Direction direction) throws HostException {
        ByteStream stream = terminals.stream(pty.terminal.number(), direction);
        open.add(stream);
        return stream;
    }

    private static String readExactly(ByteStream input, int count) throws HostException {
        byte[] bytes = new byte[count];
        int filled = 0;
        while (filled < count) {
            int read = input.read(bytes, filled, count - filled, Duration.ofSeconds(10));
            assertTrue(read > 0, "the stream ended or stayed silent after " + filled + " of " + count + " bytes");
            filled += read;
        }
        return new String(bytes, US_ASCII);
    }

    private byte[] attributes() throws HostException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment termios = arena.allocate(Linux.TERMIOS_SIZE, 8);
            pty.terminal.check((libc, fd) -> libc.tcgetattr(fd, termios.address()), "tcgetattr(%s)");
            return termios.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    private static long descriptors() throws Exception {
        try (var entries = java.nio.file.Files.list(java.nio.file.Path.of("/proc/self/fd"))) {
            return entries.count();
        }
    }
}
