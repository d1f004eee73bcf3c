package dev.backplane.machine.pc.internal.chip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.Interrupt.Trigger;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.machine.pc.internal.fake.FakeClock;
import dev.backplane.machine.pc.internal.fake.FakePartition;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** ACPI 6.5, section 4.8.3. */
class PowerManagementTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int TMR = 1;
    private static final int PWRBTN = 1 << 8;

    private final FakeClock clock = new FakeClock();
    private final Interrupts interrupts = new Interrupts();
    private final FakePartition engine = new FakePartition(interrupts);
    private final List<String> off = new ArrayList<>();
    private final Interrupts.Line sci;
    private PowerManagement chip;
    private RegisterHandler registers;

    PowerManagementTest() throws Exception {
        interrupts.connect(engine);
        sci = interrupts.line("ACPI", 9, Trigger.LEVEL);
        RegisterHandler ioApic = interrupts.ioApicRegisters();
        ioApic.write(0, 4, 0x22);
        ioApic.write(0x10, 4, 0x8039);
        chip = new PowerManagement(clock, interrupts, sci, () -> off.add("off"));
        registers = chip.registers();
    }

    @Test
    void theTimerCountsAt3579545HertzIn32Bits() {
        clock.advance(SECOND);
        assertEquals(3_579_545, registers.read(8, 4));
        clock.advance(1200 * SECOND);
        assertEquals(1201L * 3_579_545 & 0xffff_ffffL, registers.read(8, 4));
    }

    @Test
    void aTimerOf24BitsWrapsThere() {
        chip = new PowerManagement(clock, interrupts, sci, () -> {}, 24);
        clock.advance(10 * SECOND);
        assertEquals(35_795_450 & 0xff_ffff, chip.registers().read(8, 4));
    }

    @Test
    void theTimersHighestBitSetsItsStatusAndInterruptsWhenEnabled() {
        chip = new PowerManagement(clock, interrupts, sci, () -> {}, 24);
        registers = chip.registers();
        registers.write(2, 2, TMR);
        long half = (1L << 23) * SECOND / 3_579_545;
        clock.advance(half - 1000);
        assertEquals(0, registers.read(0, 2));
        clock.advance(2000);
        assertEquals(TMR, registers.read(0, 2));
        assertEquals(List.of("fee00000:c039"), engine.messages);
        registers.write(0, 2, TMR);
        assertEquals(0, registers.read(0, 2));
        interrupts.endOfInterrupt(0x39);
        clock.advance(half + 1000);
        assertEquals(2, engine.messages.size());
    }

    @Test
    void withoutTheEnableBitTheTimerOnlySetsItsStatus() {
        chip = new PowerManagement(clock, interrupts, sci, () -> {}, 24);
        clock.advance(3 * SECOND);
        assertEquals(TMR, chip.registers().read(0, 2));
        assertEquals(0, clock.armed());
        assertTrue(engine.messages.isEmpty());
    }

    @Test
    void thePowerButtonIsLatchedUntilTheGuestEnablesAndClearsIt() {
        chip.pressPowerButton();
        assertTrue(engine.messages.isEmpty());
        assertEquals(PWRBTN, registers.read(0, 2));
        registers.write(2, 2, PWRBTN);
        assertEquals(1, engine.messages.size());
        registers.write(0, 2, PWRBTN);
        interrupts.endOfInterrupt(0x39);
        assertEquals(1, engine.messages.size());
        assertEquals(0, registers.read(0, 2));
        assertEquals(PWRBTN, registers.read(2, 2));
    }

    @Test
    void writingZeroToTheStatusClearsNothing() {
        chip.pressPowerButton();
        registers.write(0, 2, 0);
        assertEquals(PWRBTN, registers.read(0, 2));
    }

    @Test
    void softOffEndsTheMachine() {
        registers.write(4, 2, PowerManagement.SOFT_OFF << 10 | 1 << 13);
        assertEquals(List.of("off"), off);
        assertEquals(1 | PowerManagement.SOFT_OFF << 10, registers.read(4, 2), "SLP_EN reads zero");
    }

    @Test
    void softOffWrittenInTwoBytesWorksToo() {
        registers.write(4, 1, 0);
        assertTrue(off.isEmpty());
        registers.write(5, 1, (PowerManagement.SOFT_OFF << 10 | 1 << 13) >>> 8);
        assertEquals(List.of("off"), off);
    }

    @Test
    void otherSleepTypesAndSleepTypeWithoutEnableAreIgnored() {
        registers.write(4, 2, 1 << 10 | 1 << 13);
        registers.write(4, 2, PowerManagement.SOFT_OFF << 10);
        assertTrue(off.isEmpty());
    }

    @Test
    void acpiModeCannotBeLeft() {
        registers.write(4, 2, 0);
        assertEquals(1, registers.read(4, 2) & 1);
    }

    @Test
    void statusAndEnableCanBeAccessedInBytesAndAsOneDoubleWord() {
        registers.write(3, 1, PWRBTN >>> 8);
        assertEquals((long) PWRBTN << 16, registers.read(0, 4));
        chip.pressPowerButton();
        assertEquals(PWRBTN >>> 8, registers.read(1, 1));
        registers.write(0, 4, PWRBTN);
        assertEquals(0, registers.read(0, 4), "cleared and disabled at once");
    }

    @Test
    void aRestoredChipRemembersTheButton() {
        registers.write(2, 2, PWRBTN);
        chip.pressPowerButton();
        PowerManagement.State state = chip.save();
        chip.reset();
        assertEquals(0, registers.read(0, 2));
        chip.restore(state);
        assertEquals(PWRBTN, registers.read(0, 2));
        assertEquals(PWRBTN, registers.read(2, 2));
        assertFalse(engine.messages.isEmpty());
    }
}
