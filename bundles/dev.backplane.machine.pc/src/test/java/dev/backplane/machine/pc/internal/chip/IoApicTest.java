package dev.backplane.machine.pc.internal.chip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Section numbers are those of the 82093AA data sheet, Intel 290566. */
class IoApicTest {
    private static final int MASKED = 1 << 16;
    private static final int LEVEL = 1 << 15;
    private static final int REMOTE_IRR = 1 << 14;

    private static final long NOTHING = 0;

    private final IoApic chip = new IoApic();

    private long read(int register) {
        chip.write(0, register);
        return chip.read(0x10);
    }

    private void write(int register, long value) {
        chip.write(0, register);
        chip.write(0x10, value);
    }

    private void redirect(int pin, int low, int destination) {
        write(0x11 + 2 * pin, (long) destination << 24);
        write(0x10 + 2 * pin, low);
    }

    private static long take(IoApic chip) {
        int pin = chip.due();
        return pin == IoApic.NONE ? NOTHING : chip.take(pin);
    }

    private static long message(long address, long data) {
        return address << 32 | data;
    }

    @Test
    void identifierIsFourBitsAndReadsBackAlsoAsArbitration() {
        write(0, 0xffff_ffffL);
        assertEquals(0x0f00_0000, read(0));
        assertEquals(0x0f00_0000, read(2));
    }

    @Test
    void versionTellsTwentyFourInputsAndTheEoiRegister() {
        assertEquals(0x0017_0020, read(1));
    }

    @Test
    void afterResetEveryInputIsMasked() {
        for (int pin = 0; pin < 24; pin++) {
            assertEquals(MASKED, read(0x10 + 2 * pin));
            assertEquals(0, read(0x11 + 2 * pin));
        }
    }

    @Test
    void onlyTheWritableBitsOfAnEntryChange() {
        redirect(3, -1, 0xff);
        assertEquals(0x1_afff, read(0x16));
        assertEquals(0xff00_0000L, read(0x17));
    }

    @Test
    void registersBeyondTheTableReadZeroAndIgnoreWrites() {
        write(0x40, 0xffff_ffffL);
        assertEquals(0, read(0x40));
        assertEquals(0, read(0xff));
    }

    @Test
    void anEdgeSendsOneMessageInTheFormOfThePciBus() {
        redirect(4, 0x34, 2);
        chip.input(4, true);
        assertEquals(message(0xfee0_2000L, 0x4034), take(chip));
        assertEquals(NOTHING, take(chip));
        chip.input(4, true);
        assertEquals(NOTHING, take(chip), "it was up already");
        chip.input(4, false);
        chip.input(4, true);
        assertEquals(message(0xfee0_2000L, 0x4034), take(chip));
    }

    @Test
    void logicalDestinationAndDeliveryModeAreCarriedAlong() {
        redirect(4, 1 << 11 | 1 << 8 | 0x55, 0x0f);
        chip.input(4, true);
        assertEquals(message(0xfee0_f004L, 0x4155), take(chip));
    }

    @Test
    void anEdgeOnAMaskedInputIsLost() {
        chip.input(4, true);
        redirect(4, 0x34, 0);
        assertEquals(NOTHING, take(chip));
    }

    @Test
    void aLevelIsSentOnceUntilItsEnd() {
        redirect(9, LEVEL | 0x39, 0);
        chip.input(9, true);
        assertEquals(message(0xfee0_0000L, 0xc039), take(chip));
        assertEquals(NOTHING, take(chip));
        assertEquals(LEVEL | REMOTE_IRR | 0x39, read(0x22));
        chip.endOfInterrupt(0x39);
        assertEquals(message(0xfee0_0000L, 0xc039), take(chip), "still up");
        chip.input(9, false);
        chip.endOfInterrupt(0x39);
        assertEquals(NOTHING, take(chip));
        assertEquals(LEVEL | 0x39, read(0x22));
    }

    @Test
    void theEndOfAnotherVectorChangesNothing() {
        redirect(9, LEVEL | 0x39, 0);
        chip.input(9, true);
        take(chip);
        chip.endOfInterrupt(0x38);
        assertEquals(NOTHING, take(chip));
    }

    @Test
    void theEoiRegisterEndsAnInterruptToo() {
        redirect(9, LEVEL | 0x39, 0);
        chip.input(9, true);
        take(chip);
        chip.write(0x40, 0x39);
        assertEquals(message(0xfee0_0000L, 0xc039), take(chip));
    }

    @Test
    void aLevelThatCameWhileMaskedIsSentWhenTheMaskIsLifted() {
        redirect(9, MASKED | LEVEL | 0x39, 0);
        chip.input(9, true);
        assertEquals(NOTHING, take(chip));
        redirect(9, LEVEL | 0x39, 0);
        assertEquals(message(0xfee0_0000L, 0xc039), take(chip));
    }

    @Test
    void switchingToEdgeClearsRemoteIrr() {
        redirect(9, LEVEL | 0x39, 0);
        chip.input(9, true);
        take(chip);
        redirect(9, MASKED | 0x39, 0);
        assertEquals(MASKED | 0x39, read(0x22));
    }

    @Test
    void twoInputsWithOneVectorAreBothEnded() {
        redirect(10, LEVEL | 0x40, 0);
        redirect(11, LEVEL | 0x40, 1);
        chip.input(10, true);
        chip.input(11, true);
        take(chip);
        take(chip);
        chip.endOfInterrupt(0x40);
        assertEquals(message(0xfee0_0000L, 0xc040), take(chip));
        assertEquals(message(0xfee0_1000L, 0xc040), take(chip));
    }

    @Test
    void aMessageThatDidNotArriveIsDueAgain() {
        redirect(4, 0x34, 0);
        redirect(9, LEVEL | 0x39, 0);
        chip.input(4, true);
        chip.input(9, true);
        take(chip);
        take(chip);
        chip.repeat(4);
        chip.repeat(9);
        assertEquals(message(0xfee0_0000L, 0x4034), take(chip));
        assertEquals(message(0xfee0_0000L, 0xc039), take(chip));
    }

    @Test
    void aRestoredChipGoesOnWhereTheSavedOneWas() {
        redirect(9, LEVEL | 0x39, 3);
        chip.input(9, true);
        redirect(4, 0x34, 0);
        chip.input(4, true);
        IoApic other = new IoApic();
        other.restore(chip.save());
        assertArrayEquals(chip.save().entries(), other.save().entries());
        assertEquals(take(chip), take(other));
        assertEquals(take(chip), take(other));
        assertEquals(NOTHING, take(other));
    }
}
