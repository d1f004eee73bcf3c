package dev.backplane.machine.pc.internal.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.Interrupt.Trigger;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.machine.pc.internal.fake.FakeClock;
import dev.backplane.machine.pc.internal.fake.FakePartition;
import org.junit.jupiter.api.Test;

class IntervalTimerTest {
    private static final long SECOND = 1_000_000_000L;

    private final FakeClock clock = new FakeClock();
    private final Interrupts interrupts = new Interrupts();
    private final FakePartition engine = new FakePartition(interrupts);
    private final IntervalTimer timer;
    private final RegisterHandler registers;
    private final RegisterHandler speaker;

    IntervalTimerTest() throws Exception {
        interrupts.connect(engine);
        timer = new IntervalTimer(clock, interrupts, interrupts.line("8254", 0, Trigger.EDGE));
        registers = timer.registers();
        speaker = timer.speakerRegister();
        RegisterHandler ioApic = interrupts.ioApicRegisters();
        ioApic.write(0, 4, 0x14);
        ioApic.write(0x10, 4, 0x30);
    }

    private void write(int port, int... values) {
        for (int value : values) {
            registers.write(port - 0x40, 1, value);
        }
    }

    /** A control word whose mode begins with a high output; that first edge does not count. */
    private void program(int control) {
        write(0x43, control);
        engine.messages.clear();
    }

    private int read(int port) {
        return (int) registers.read(port - 0x40, 1);
    }

    @Test
    void linuxsPeriodicTickOf250HertzInterruptsSoOften() {
        program(0x34);
        write(0x40, 4773 & 0xff, 4773 >>> 8);
        clock.advance(4 * SECOND);
        assertEquals(4 * 1_193_182L / 4773, engine.messages.size());
    }

    @Test
    void aOneShotInterruptsOnce() {
        program(0x38);
        write(0x40, 0x00, 0x10);
        clock.advance(SECOND);
        assertEquals(1, engine.messages.size());
        assertEquals(0, clock.armed());
    }

    @Test
    void leavingModeZeroBeforeItsEndIsARisingEdge() {
        write(0x43, 0x30);
        write(0x43, 0x34);
        assertEquals(1, engine.messages.size());
    }

    @Test
    void modeZeroInterruptsAtItsTerminalCount() {
        write(0x43, 0x30);
        write(0x40, 0xff, 0x00);
        clock.advance(256 * SECOND / 1_193_182 - 1000);
        assertEquals(0, engine.messages.size());
        clock.advance(2000);
        assertEquals(1, engine.messages.size());
    }

    @Test
    void aControlWordDisarmsWhatWasProgrammed() {
        program(0x34);
        write(0x40, 0x00, 0x10);
        write(0x43, 0x30);
        clock.advance(SECOND);
        assertEquals(0, engine.messages.size());
    }

    @Test
    void anAbsurdRateIsBoundedForTheHost() {
        write(0x43, 0x34);
        write(0x40, 2, 0);
        clock.advance(SECOND);
        assertTrue(engine.messages.size() <= 10_100, () -> engine.messages.size() + " interrupts");
        assertTrue(engine.messages.size() >= 9_000, () -> engine.messages.size() + " interrupts");
    }

    @Test
    void theReadBackCommandLatchesSeveralChannelsAtOnce() {
        write(0x43, 0x34);
        write(0x40, 0x00, 0x80);
        write(0x43, 0xb0);
        write(0x42, 0x34, 0x12);
        clock.advance(SECOND / 1000);
        write(0x43, 0xc0 | 1 << 1 | 1 << 3);
        int status0 = read(0x40);
        int count0 = read(0x40) | read(0x40) << 8;
        assertEquals(0xb4, status0);
        assertEquals(0x8000 - 1193 + 1, count0);
        assertEquals(0x30, read(0x42) & 0x3f);
        assertEquals(0x1234, read(0x42) | read(0x42) << 8, "its gate is down");
    }

    @Test
    void channelTwoCountsWhileItsGateIsUpAndShowsItsOutput() {
        write(0x43, 0xb0);
        speaker.write(0, 1, 0x01);
        write(0x42, 0xff, 0xff);
        assertEquals(0x01, speaker.read(0, 1) & 0x2f);
        clock.advance(60_000_000);
        assertEquals(0x21, speaker.read(0, 1) & 0x2f);
    }

    @Test
    void theRefreshBitTogglesEveryFifteenMicroseconds() {
        int toggles = 0;
        long last = speaker.read(0, 1) & 0x10;
        for (int i = 0; i < 1000; i++) {
            clock.advance(1000);
            long now = speaker.read(0, 1) & 0x10;
            toggles += now == last ? 0 : 1;
            last = now;
        }
        assertEquals(1_000_000 / 15_085, toggles);
    }

    @Test
    void aRestoredTimerTicksOn() throws Exception {
        program(0x34);
        write(0x40, 0x00, 0x10);
        clock.advance(SECOND);
        int before = engine.messages.size();
        IntervalTimer.State state = timer.save();
        timer.reset();
        clock.advance(SECOND);
        assertEquals(before, engine.messages.size());
        timer.restore(state);
        clock.advance(SECOND);
        assertEquals(2 * before, engine.messages.size(), 2);
    }

    @Test
    void resetStopsIt() {
        write(0x43, 0x34);
        write(0x40, 0x00, 0x10);
        timer.reset();
        assertEquals(0, clock.armed());
        assertEquals(0xff, read(0x43), "the control port cannot be read");
    }
}
