package dev.backplane.device.serial.internal;

import static dev.backplane.device.serial.internal.Registers.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.device.ResetKind;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.RecordedConsole;
import dev.backplane.testkit.RecordedLine;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SerialTransmitTest {
    private static final int BASE = 0x3f8;
    private static final ConsoleRef CONSOLE = new ConsoleRef("com1.console");
    private static final int IDLE = LSR_THR_EMPTY | LSR_TRANSMITTER_EMPTY;

    private final DeviceBench<SerialOptions, SerialState> bench =
            DeviceBench.plug(new SerialFactory(), SerialOptions.com(1, CONSOLE));
    private final RecordedConsole console = bench.console(CONSOLE);
    private final RecordedLine line = bench.line(SerialFactory.INTERRUPT);

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void transmittingTakesNoTime() {
        send("hello");
        assertEquals("hello", console.text());
        assertEquals(IDLE, read(LSR));
    }

    @Test
    void aFullConsoleKeepsTheTransmitterBusyUntilThereIsRoom() {
        console.setRoom(2);
        send("abcde");
        assertEquals("ab", console.text());
        assertEquals(0, read(LSR));
        console.setRoom(2);
        assertEquals(0, read(LSR));
        console.setRoom(1);
        assertEquals("abcde", console.text());
        assertEquals(IDLE, read(LSR));
    }

    @Test
    void noByteIsLostDoubledOrReorderedWhateverTheConsoleAndTheSwapsDo() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        StringBuilder sent = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            switch (random.nextInt(6)) {
                case 0 -> console.setRoom(random.nextInt(8));
                case 1 -> bench.swap();
                case 2 -> bench.swapAndRollBack();
                case 3 -> write(IIR_FCR, random.nextInt(256));
                default -> {
                    String text = Integer.toString(random.nextInt());
                    send(text);
                    sent.append(text);
                }
            }
        }
        console.setRoom(Long.MAX_VALUE);
        assertEquals(sent.toString(), console.text(), "seed " + seed);
    }

    @Test
    void theEmptyInterruptComesWithItsEnablingAndAfterEachByte() {
        write(IER, IER_THR_EMPTY);
        assertTrue(line.isUp());
        assertEquals(IIR_THR_EMPTY, read(IIR_FCR));
        assertFalse(line.isUp(), "reading the identification acknowledges it (8.6.2)");
        assertEquals(IIR_NONE, read(IIR_FCR));
        int edges = line.edges();
        send("x");
        assertTrue(line.isUp());
        assertEquals(edges + 1, line.edges());
        send("y");
        assertEquals(edges + 2, line.edges(), "each byte is an edge of its own");
    }

    @Test
    void theEmptyInterruptWaitsForTheConsole() {
        console.setRoom(0);
        write(IER, IER_THR_EMPTY);
        read(IIR_FCR);
        send("x");
        assertFalse(line.isUp());
        assertEquals(IIR_NONE, read(IIR_FCR));
        console.setRoom(1);
        assertTrue(line.isUp());
        assertEquals(IIR_THR_EMPTY, read(IIR_FCR));
    }

    @Test
    void aResetKeepsWhatIsOnTheWireAndForgetsTheRegisters() {
        console.setRoom(0);
        write(IER, IER_THR_EMPTY);
        write(SCR, 7);
        send("last words");
        bench.reset(ResetKind.SYSTEM);
        assertEquals(0, read(IER));
        assertEquals(0, read(SCR));
        assertFalse(line.isUp());
        console.setRoom(Long.MAX_VALUE);
        assertEquals("last words", console.text());
    }

    @Test
    void aPortWithoutAConsoleDropsItsOutputAndStaysIdle() {
        SerialOptions options = new SerialOptions(2, Optional.empty(), Optional.empty(), Optional.empty());
        try (var lonely = DeviceBench.plug(new SerialFactory(), options)) {
            lonely.out(0x2f8, 1, 'x');
            assertEquals(IDLE, lonely.in(0x2f8 + LSR, 1));
        }
    }

    /** The hot path of the design: a driver that polls and transmits with interrupts on. */
    @Test
    void theWayOfAByteAllocatesNothing() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        SerialOptions options = new SerialOptions(2, Optional.empty(), Optional.empty(), Optional.empty());
        try (var plain = DeviceBench.plug(new SerialFactory(), options)) {
            plain.write(SerialFactory.WINDOW, IER, 1, IER_BITS);
            long before = 0;
            for (int round = 0; round < 2; round++) {
                before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 50_000; i++) {
                    plain.read(SerialFactory.WINDOW, LSR, 1);
                    plain.write(SerialFactory.WINDOW, RBR_THR, 1, i);
                    plain.read(SerialFactory.WINDOW, IIR_FCR, 1);
                }
            }
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertTrue(allocated < 50_000, allocated + " bytes for 50,000 bytes transmitted");
        }
    }

    @Test
    void placesAreTheStandardOnesUnlessGiven() {
        SerialFactory factory = new SerialFactory();
        int[][] standard = {{0x3f8, 4}, {0x2f8, 3}, {0x3e8, 4}, {0x2e8, 3}};
        for (int com = 1; com <= 4; com++) {
            var shape = factory.shape(SerialOptions.com(com, CONSOLE));
            assertEquals(standard[com - 1][0], shape.windows().getFirst().base());
            assertEquals(standard[com - 1][1], shape.interrupts().getFirst().line());
        }
        var given = factory.shape(new SerialOptions(1, Optional.of(0x1000), Optional.of(11), Optional.empty()));
        assertEquals(0x1000, given.windows().getFirst().base());
        assertEquals(11, given.interrupts().getFirst().line());
    }

    private void send(String text) {
        text.chars().forEach(each -> write(RBR_THR, each));
    }

    private void write(int register, int value) {
        bench.out(BASE + register, 1, value);
    }

    private int read(int register) {
        return (int) bench.in(BASE + register, 1);
    }
}
