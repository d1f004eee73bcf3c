package dev.backplane.x86.apic;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.VcpuState;
import org.junit.jupiter.api.Test;

/** SDM 3A, 12.4.3 to 12.4.7 and 12.12: modes, registers and their save and restore. */
class ApicModeTest {
    private static final long ON = 0xfee0_0900L;
    private static final long X2 = ON | 1 << 10;

    private final ApicFixture fixture = new ApicFixture(2);
    private final LocalApic apic = fixture.apic(0);

    @Test
    void modesChangeOnlyAlongTheArrowsOfFigure12_27() {
        assertFalse(apic.setBase(0xfee0_0500L, 0), "x2APIC without enable");
        assertTrue(apic.setBase(X2, 0));
        assertFalse(apic.setBase(ON, 0), "x2APIC to xAPIC");
        assertTrue(apic.setBase(0xfee0_0100L, 0));
        assertFalse(apic.setBase(X2, 0), "disabled to x2APIC");
        assertTrue(apic.setBase(ON, 0));
        assertFalse(apic.setBase(ON | 1, 0), "reserved bit");
        assertFalse(apic.setBase(ON | 1L << 40, -1L << 40), "address beyond the model's width");
    }

    @Test
    void thePageAnswersOnlyInXapicMode() {
        assertEquals(0xfee0_0000L, apic.mmioPage());
        assertEquals(LocalApic.MSR_FAULT, apic.readMsr(0x802));
        assertTrue(apic.setBase(X2, 0));
        assertEquals(-1, apic.mmioPage());
        assertEquals(0, apic.readMsr(0x802));
        assertTrue(apic.setBase(0xfee0_0100L, 0));
        assertEquals(-1, apic.mmioPage());
    }

    @Test
    void x2ApicRegistersFaultWhereTable12_6SaysSo() {
        fixture.enterX2Apic();
        assertEquals(LocalApic.MSR_FAULT, apic.readMsr(0x80b), "EOI is write-only");
        assertEquals(LocalApic.MSR_FAULT, apic.readMsr(0x80e), "DFR");
        assertEquals(LocalApic.MSR_FAULT, apic.readMsr(0x831), "ICR high");
        assertEquals(LocalApic.MSR_FAULT, apic.readMsr(0x83f), "self IPI");
        assertFalse(apic.writeMsr(0x802, 0), "ID is read-only");
        assertFalse(apic.writeMsr(0x80d, 1), "LDR is read-only");
        assertFalse(apic.writeMsr(0x80b, 1), "EOI takes zero only");
        assertTrue(apic.writeMsr(0x80b, 0));
        assertFalse(apic.writeMsr(0x828, 1), "ESR takes zero only");
        assertFalse(apic.writeMsr(0x808, 0x100), "TPR bit 8");
        assertFalse(apic.writeMsr(0x832, 1L << 32), "upper half");
        assertFalse(apic.writeMsr(0x830, 1 << 12), "ICR bit 12");
        assertFalse(apic.writeMsr(0x8ff, 0));
    }

    @Test
    void illegalRegistersOfThePageAreReported() {
        assertEquals(0, apic.readPage(0x3d0, 4));
        apic.writePage(ApicRegister.ESR, 4, 0);
        assertEquals(ErrorStatus.ILLEGAL_REGISTER, apic.readPage(ApicRegister.ESR, 4));
    }

    @Test
    void partsOfARegisterCanBeReadAndOddWritesDoNothing() {
        assertEquals(0x14, apic.readPage(ApicRegister.VERSION, 1));
        assertEquals(0x5, apic.readPage(ApicRegister.VERSION + 2, 2));
        assertEquals(0, apic.readPage(ApicRegister.VERSION + 2, 4));
        apic.writePage(ApicRegister.TPR, 1, 0x20);
        apic.writePage(ApicRegister.TPR + 4, 4, 0x20);
        assertEquals(0, apic.readPage(ApicRegister.TPR, 4));
    }

    @Test
    void anApicThatIsSwitchedOffForgetsItsRegisters() {
        apic.writePage(ApicRegister.LDR, 4, 1 << 24);
        assertTrue(apic.setBase(0xfee0_0100L, 0));
        assertTrue(apic.setBase(ON, 0));
        assertEquals(0, apic.readPage(ApicRegister.LDR, 4));
        assertEquals(0xff, apic.readPage(ApicRegister.SVR, 4));
    }

    @Test
    void aSavedApicGoesOnInAnother() {
        apic.writePage(ApicRegister.LVT_TIMER, 4, 0x20041);
        apic.writePage(ApicRegister.LVT_LINT0, 4, 0x700);
        apic.writePage(ApicRegister.LDR, 4, 1 << 24);
        apic.writePage(ApicRegister.DIVIDE, 4, 3);
        apic.writePage(ApicRegister.INITIAL_COUNT, 4, 1_000);
        fixture.bus.message(0xfee0_0000L, 0x31);
        fixture.bus.message(0xfee0_0000L, 0x8052);
        assertEquals(0x52, apic.acknowledge());
        fixture.nanos += 4_000;
        VcpuState.Apic saved = apic.save();

        ApicFixture other = new ApicFixture(1);
        other.nanos = fixture.nanos;
        other.apic(0).load(saved);
        VcpuState.Apic again = other.apic(0).save();
        assertEquals(saved.base(), again.base());
        assertEquals(saved.timerDeadline(), again.timerDeadline());
        assertArrayEquals(saved.registers(), again.registers());
        other.apic(0).writePage(ApicRegister.EOI, 4, 0);
        assertEquals(java.util.List.of(0x52), other.completed);
        assertEquals(0x31, other.apic(0).acknowledge());
        other.nanos += 12_000;
        other.apic(0).pollTimer();
        assertEquals(0x41, other.apic(0).acknowledge());
    }

    @Test
    void aSavedX2ApicKeepsItsWideCommand() {
        fixture.enterX2Apic();
        assertTrue(apic.writeMsr(0x830, 0x1234_5678L << 32 | 0x40));
        VcpuState.Apic saved = apic.save();
        LocalApic other = new ApicFixture(1).apic(0);
        other.load(saved);
        assertEquals(0x1234_5678L << 32 | 0x40, other.readMsr(0x830));
        assertArrayEquals(saved.registers(), other.save().registers());
    }
}
