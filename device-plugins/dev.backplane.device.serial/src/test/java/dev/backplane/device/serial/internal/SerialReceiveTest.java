package dev.backplane.device.serial.internal;

import static dev.backplane.device.serial.internal.Registers.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.console.ConsoleRef;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.RecordedConsole;
import dev.backplane.testkit.RecordedLine;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SerialReceiveTest {
    private static final int BASE = 0x3f8;
    private static final ConsoleRef CONSOLE = new ConsoleRef("com1.console");
    private static final int FIFOS = FCR_ENABLE;
    private static final int TRIGGER_8 = 0x80;

    private final DeviceBench<SerialOptions, SerialState> bench =
            DeviceBench.plug(new SerialFactory(), SerialOptions.com(1, CONSOLE));
    private final RecordedConsole console = bench.console(CONSOLE);
    private final RecordedLine line = bench.line(SerialFactory.INTERRUPT);

    @AfterEach
    void close() {
        bench.close();
    }

    @Test
    void withoutFifosOneByteIsReadyAndTheOthersWaitInTheConsole() {
        write(IER, IER_RECEIVED);
        console.type("abc");
        assertEquals(2, console.unread());
        assertTrue(line.isUp());
        assertEquals(IIR_RECEIVED, read(IIR_FCR));
        assertEquals("abc", receive(3));
        assertFalse(line.isUp());
        assertEquals(IIR_NONE, read(IIR_FCR));
    }

    @Test
    void theTriggerLevelDecidesAndReadingBelowItLowersTheLine() {
        write(IIR_FCR, FIFOS | TRIGGER_8);
        write(IER, IER_RECEIVED);
        console.type("1234567");
        assertFalse(line.isUp());
        console.type("8");
        assertTrue(line.isUp());
        assertEquals(IIR_FIFOS_ENABLED | IIR_RECEIVED, read(IIR_FCR));
        assertEquals("1", receive(1));
        assertFalse(line.isUp());
        assertEquals(LSR_DATA_READY, read(LSR) & LSR_DATA_READY);
    }

    @Test
    void aFewBytesInterruptAfterFourCharacterTimes() {
        write(LCR, 0x83);
        write(RBR_THR, 1); // 115200 baud, 10 bits: 87 us a character
        write(LCR, 0x03);
        write(IIR_FCR, FIFOS | TRIGGER_8);
        write(IER, IER_RECEIVED);
        console.type("ab");
        bench.clock().advance(Duration.ofNanos(347_000));
        assertFalse(line.isUp());
        bench.clock().advance(Duration.ofNanos(1_000));
        assertTrue(line.isUp());
        assertEquals(IIR_FIFOS_ENABLED | IIR_TIMEOUT, read(IIR_FCR));
        assertEquals("a", receive(1));
        assertFalse(line.isUp(), "reading ends the timeout (8.7)");
        bench.clock().advance(Duration.ofMillis(1));
        assertTrue(line.isUp(), "the byte that is left times out again");
        assertEquals("b", receive(1));
        bench.clock().advance(Duration.ofMillis(1));
        assertFalse(line.isUp());
    }

    @Test
    void theFifoTakesSixteenBytesAndNothingOverruns() {
        write(IIR_FCR, FIFOS);
        write(IER, IER_RECEIVED);
        console.type("0123456789abcdefXYZ");
        assertEquals(3, console.unread());
        assertEquals("0123456789abcdefXYZ", receive(19));
        assertEquals(0, read(LSR) & (LSR_DATA_READY | LSR_OVERRUN));
    }

    @Test
    void clearingTheReceiverDropsWhatItHolds() {
        write(IIR_FCR, FIFOS);
        write(IER, IER_RECEIVED);
        console.type("abc");
        write(IIR_FCR, FIFOS | FCR_CLEAR_RECEIVER);
        assertEquals(0, read(LSR) & LSR_DATA_READY);
        console.type("d");
        assertEquals("d", receive(1));
    }

    @Test
    void aGuestThatPollsGetsOneByteAfterTheOther() {
        write(IIR_FCR, FIFOS);
        console.type("abc");
        assertEquals(2, console.unread());
        for (char expected : "abc".toCharArray()) {
            assertEquals(LSR_DATA_READY, read(LSR) & LSR_DATA_READY);
            assertEquals(expected, read(RBR_THR));
        }
        assertEquals(0, read(LSR) & LSR_DATA_READY);
    }

    /** As Linux does when a port is opened. */
    @Test
    void clearingTheReceiverBeforeItInterruptsLeavesWhatWasTypedAhead() {
        console.type("0123456789abcdefghijklmnopqrstuvwxyz");
        for (int round = 0; round < 2; round++) {
            write(IIR_FCR, FIFOS);
            write(IIR_FCR, FIFOS | FCR_CLEAR_RECEIVER);
            write(IIR_FCR, 0);
        }
        read(LSR);
        read(RBR_THR);
        write(IIR_FCR, FIFOS);
        write(IER, IER_RECEIVED);
        String rest = receive(16) + receive(12);
        assertTrue(rest.contains("9abcdefghijklmnopqrstuvwxyz"), rest);
    }

    @Test
    void loopbackOverrunsKeepTheFifoAndReplaceTheSingleByte() {
        write(MCR, MCR_LOOP);
        write(RBR_THR, 'a');
        write(RBR_THR, 'b');
        assertEquals(LSR_OVERRUN, read(LSR) & LSR_OVERRUN);
        assertEquals(0, read(LSR) & LSR_OVERRUN, "reading clears it");
        assertEquals("b", receive(1));
        write(IIR_FCR, FIFOS);
        for (int i = 0; i < 17; i++) {
            write(RBR_THR, 'A' + i);
        }
        assertEquals(LSR_OVERRUN, read(LSR) & LSR_OVERRUN);
        assertEquals("ABCDEFGHIJKLMNOP", receive(16));
        assertEquals("", console.text(), "nothing leaves the chip while it loops");
    }

    @Test
    void aBreakIsReportedWhenItIsTheOldestByte() {
        write(IIR_FCR, FIFOS);
        write(IER, IER_LINE_STATUS);
        write(MCR, MCR_LOOP);
        write(RBR_THR, 'a');
        write(LCR, LCR_BREAK);
        assertEquals(LSR_FIFO_ERROR, read(LSR) & (LSR_FIFO_ERROR | LSR_BREAK));
        assertFalse(line.isUp());
        assertEquals("a", receive(1));
        assertTrue(line.isUp());
        assertEquals(IIR_FIFOS_ENABLED | IIR_LINE_STATUS, read(IIR_FCR));
        assertEquals(
                LSR_FIFO_ERROR | LSR_BREAK | LSR_DATA_READY, read(LSR) & (LSR_FIFO_ERROR | LSR_BREAK | LSR_DATA_READY));
        assertFalse(line.isUp());
        assertEquals(0, read(LSR) & (LSR_FIFO_ERROR | LSR_BREAK));
        assertEquals("\0", receive(1));
    }

    @Test
    void modemOutputsAreTheInputsWhileItLoops() {
        assertEquals(MSR_CTS | MSR_DSR | MSR_DCD, read(MSR));
        write(MCR, MCR_LOOP);
        assertEquals(MSR_DELTA_CTS | MSR_DELTA_DSR | MSR_DELTA_DCD, read(MSR));
        write(IER, IER_MODEM_STATUS);
        write(MCR, MCR_LOOP | MCR_OUT1);
        assertEquals(MSR_RI, read(MSR));
        write(MCR, MCR_LOOP | MCR_RTS | MCR_OUT2);
        assertTrue(line.isUp());
        assertEquals(IIR_MODEM_STATUS, read(IIR_FCR));
        assertEquals(MSR_CTS | MSR_DCD | MSR_DELTA_CTS | MSR_DELTA_DCD | MSR_TRAILING_RI, read(MSR));
        assertFalse(line.isUp());
    }

    @Test
    void causesAreIdentifiedInOrderOfPriority() {
        write(IER, IER_BITS);
        write(MCR, MCR_LOOP | MCR_RTS);
        write(RBR_THR, 'a');
        write(LCR, LCR_BREAK);
        assertEquals(IIR_LINE_STATUS, read(IIR_FCR));
        read(LSR);
        assertEquals(IIR_RECEIVED, read(IIR_FCR));
        read(RBR_THR);
        assertEquals(IIR_THR_EMPTY, read(IIR_FCR));
        assertEquals(IIR_MODEM_STATUS, read(IIR_FCR));
        read(MSR);
        assertEquals(IIR_NONE, read(IIR_FCR));
        assertFalse(line.isUp());
    }

    @Test
    void registersKeepTheBitsThatExist() {
        for (int register : new int[] {IER, MCR, SCR, LCR}) {
            write(register, 0x7f);
        }
        assertEquals(0x0f, read(IER));
        assertEquals(0x1f, read(MCR));
        assertEquals(0x7f, read(SCR));
        assertEquals(0x7f, read(LCR));
        write(LCR, 0x80);
        bench.out(BASE, 2, 0x1234);
        assertEquals(0x34, read(RBR_THR));
        assertEquals(0x12, read(IER));
        write(LCR, 0x03);
        assertEquals(0x0f, read(IER), "the divisor does not touch the interrupt enables");
    }

    private String receive(int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append((char) read(RBR_THR));
        }
        return text.toString();
    }

    private void write(int register, int value) {
        bench.out(BASE + register, 1, value);
    }

    private int read(int register) {
        return (int) bench.in(BASE + register, 1);
    }
}
