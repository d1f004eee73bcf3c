package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.x86.interp.Stop;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;
import org.junit.jupiter.api.Test;

/** SDM 3A, 7.14 (interrupts in 64-bit mode), 7.15 (exception reference), 7.13 (error codes). */
class LongModeEventTest {
    private static final long CODE = Guest.CODE;
    private final Guest guest = new Guest().long64();

    private void gate(int vector, int access, int ist) {
        guest.put64(Guest.IDT + vector * 16L, Guest.gate(Guest.CODE64, Guest.HANDLERS + vector * 16L, access, ist));
    }

    @Test
    void faultInRing0PushesAnAlignedFrameOnTheSameStack() {
        guest.cpu.r[Gpr.RSP] = 0x6ff8;
        guest.run("0f0b f4").expect(Vector.UD);
        assertEquals(0x6ff0 - 40, guest.cpu.r[Gpr.RSP]);
        assertEquals(CODE, guest.frame(0));
        assertEquals(Guest.CODE64, guest.frame(1));
        assertTrue((guest.frame(2) & Bits.RF) != 0, "a fault's frame has RF set");
        assertEquals(0x6ff8, guest.frame(3));
        assertEquals(Guest.DATA, guest.frame(4));
    }

    @Test
    void faultInRing3SwitchesToRsp0WithANullStackSegment() {
        guest.user().run("0f0b").expect(Vector.UD);
        assertEquals(Guest.STACK0 - 40, guest.cpu.r[Gpr.RSP]);
        assertEquals(Guest.USER_CODE64, guest.frame(1));
        assertEquals(Guest.STACK3, guest.frame(3));
        assertEquals(Guest.USER_DATA, guest.frame(4));
        assertEquals(0, guest.cpu.selector[Seg.SS]);
        assertEquals(0, guest.cpu.cpl);
    }

    @Test
    void aGateWithAnIstNumberSwitchesTheStackInRing0Too() {
        gate(Vector.UD, 0x8e, 1);
        guest.run("0f0b").expect(Vector.UD);
        assertEquals(Guest.IST1 - 40, guest.cpu.r[Gpr.RSP]);
        assertEquals(Guest.DATA, guest.cpu.selector[Seg.SS]);
    }

    @Test
    void anInterruptGateClearsIfAndATrapGateKeepsIt() {
        gate(0x40, 0x8e, 0);
        gate(0x41, 0x8f, 0);
        guest.cpu.systemFlags |= Bits.IF;
        guest.run("cd40").expect(0x40);
        assertFalse((guest.cpu.systemFlags & Bits.IF) != 0);
        assertTrue((guest.frame(2) & Bits.IF) != 0);
        guest.cpu.systemFlags |= Bits.IF;
        guest.run("cd41").expect(0x41);
        assertTrue((guest.cpu.systemFlags & Bits.IF) != 0);
    }

    @Test
    void softwareInterruptReturnsBehindItself() {
        guest.run("cc").expect(Vector.BP);
        assertEquals(CODE + 1, guest.frame(0));
        guest.run("cd42").expect(0x42);
        assertEquals(CODE + 2, guest.frame(0));
        guest.run("f1").expect(Vector.DB);
        assertEquals(CODE + 1, guest.frame(0));
    }

    @Test
    void intFromRing3ThroughAGateOfDpl0IsGpWithTheVectorAndNoExt() {
        guest.user().run("cd42").expect(Vector.GP, 0x42 * 8 + 2, CODE);
    }

    @Test
    void int3FromRing3NeedsAGateOfDpl3AndInt1DoesNot() {
        guest.user().run("cc").expect(Vector.GP, Vector.BP * 8 + 2, CODE);
        guest.user().run("f1").expect(Vector.DB);
    }

    @Test
    void aGateThatIsNotPresentIsNpWithExtForAnException() {
        gate(Vector.UD, 0x0e, 0);
        guest.run("0f0b").expect(Vector.NP, Vector.UD * 8 + 3, CODE);
        gate(0x42, 0x0e, 0);
        guest.run("cd42").expect(Vector.NP, 0x42 * 8 + 2, CODE);
    }

    @Test
    void aVectorBeyondTheTableIsGp() {
        guest.cpu.idtLimit = 0x42 * 16 + 14;
        guest.run("cd42").expect(Vector.GP, 0x42 * 8 + 2, CODE);
    }

    @Test
    void aGateOfA16BitTypeOrTaskGateIsGpInLongMode() {
        gate(0x42, 0x86, 0);
        guest.run("cd42").expect(Vector.GP, 0x42 * 8 + 2, CODE);
        gate(0x42, 0x85, 0);
        guest.run("cd42").expect(Vector.GP, 0x42 * 8 + 2, CODE);
    }

    @Test
    void aHandlerSegmentThatIsNot64BitIsGpWithItsSelector() {
        guest.put64(Guest.IDT + 0x42 * 16L, Guest.gate(Guest.CODE32, Guest.HANDLERS, 0x8e, 0));
        guest.run("cd42").expect(Vector.GP, Guest.CODE32, CODE);
    }

    @Test
    void aHandlerThatIsNotCanonicalIsGp() {
        guest.put64(Guest.IDT + 0x42 * 16L + 8, 0x8000);
        guest.run("cd42").expect(Vector.GP, 0, CODE);
    }

    @Test
    void aTssTooShortForItsIstIsTsWithTheTssSelector() {
        gate(0x42, 0x8e, 7);
        guest.cpu.segmentLimit[Seg.TR] = 0x5a;
        guest.run("cd42").expect(Vector.TS, Guest.TSS_SELECTOR, CODE);
    }

    @Test
    void pageFaultErrorCodeTellsWriteUserPresent() {
        // mov rax, [0x300000]: not mapped beyond the RAM's two large pages is 4 MiB.
        guest.run("48 8b 04 25 00 00 50 00").expect(Vector.PF, 0, CODE);
        assertEquals(0x500000, guest.cpu.cr2);
        guest.run("48 89 04 25 00 00 50 00").expect(Vector.PF, 2, CODE);
        guest.put64(Guest.TABLES + 0x2008, 0x200083);
        guest.cpu.mmu.flushAll();
        guest.user().run("48 89 04 25 00 00 20 00").expect(Vector.PF, 7, CODE);
        guest.user().run("48 8b 04 25 00 00 20 00").expect(Vector.PF, 5, CODE);
    }

    @Test
    void divideErrorHasNoErrorCode() {
        guest.cpu.r[Gpr.RCX] = 0;
        guest.run("48 f7 f1").expect(Vector.DE);
        assertEquals(CODE, guest.frame(0));
    }

    @Test
    void externalInterruptWaitsForIfAndTheStiShadow() {
        guest.apic.writePage(0xf0, 4, 0x1ff);
        guest.apic.writePage(0x300, 4, 0x44055);
        // sti; nop; nop; hlt: the interrupt comes behind the first nop.
        guest.run("fb 90 90 f4").expect(0x55);
        assertEquals(CODE + 2, guest.frame(0));
    }

    @Test
    void movSsShieldsTheNextInstruction() {
        guest.apic.writePage(0xf0, 4, 0x1ff);
        guest.cpu.systemFlags |= Bits.IF;
        guest.cpu.r[Gpr.RCX] = Guest.DATA;
        // mov eax, 0xfee00300; mov dword [rax], self IPI 0x55; mov ss, cx; nop; nop; hlt
        guest.run("b8 00 03 e0 fe c7 00 55 40 04 00 8e d1 90 90 f4").expect(0x55);
        assertEquals(CODE + 14, guest.frame(0));
    }

    @Test
    void nmiIsTakenWithIfClearAndMasksAnotherUntilIret() {
        guest.apic.latchNmi();
        guest.cpu.raise(dev.backplane.x86.state.Cpu.NMI);
        guest.run("90 f4").expect(Vector.NMI);
        assertTrue(guest.cpu.nmiMasked);
        guest.apic.latchNmi();
        guest.cpu.raise(dev.backplane.x86.state.Cpu.NMI);
        // The handler goes on: nop; iretq to the halting code behind the nop.
        guest.put(Guest.HANDLERS + Vector.NMI * 16, "f4 48cf");
        long frame = guest.cpu.r[Gpr.RSP];
        guest.run().expect(Vector.NMI);
        assertEquals(frame, guest.cpu.r[Gpr.RSP], "the second came only after IRET had popped the frame of the first");
    }

    @Test
    void contributoryFaultOnTheWayToAnotherIsADoubleFaultWithCodeZero() {
        gate(Vector.GP, 0x0e, 0);
        // rdmsr of an unknown register: #GP, whose gate is not present.
        guest.cpu.r[Gpr.RCX] = 0xdead;
        guest.run("0f 32").expect(Vector.DF, 0, CODE);
    }

    @Test
    void pageFaultOnTheWayToAPageFaultIsADoubleFault() {
        guest.put64(Guest.TSS + 0x24, 0x50_0000);
        gate(Vector.PF, 0x8e, 1);
        guest.run("48 8b 04 25 00 00 60 00").expect(Vector.DF, 0, CODE);
        assertEquals(0x4f_fff8, guest.cpu.cr2);
    }

    @Test
    void pageFaultOnTheWayToAGeneralProtectionIsServedAlone() {
        guest.put64(Guest.TSS + 0x24, 0x50_0000);
        gate(Vector.GP, 0x8e, 1);
        guest.cpu.r[Gpr.RCX] = 0xdead;
        guest.run("0f 32").expect(Vector.PF, 2, CODE);
    }

    @Test
    void aDoubleFaultThatCannotBeDeliveredShutsDown() {
        guest.cpu.idtLimit = 0;
        assertEquals(Stop.SHUTDOWN, guest.runToStop("0f0b"));
    }

    @Test
    void singleStepTrapsBehindEachInstructionAndClearsTfInTheHandler() {
        guest.cpu.systemFlags |= Bits.TF;
        guest.run("90 90").expect(Vector.DB);
        assertEquals(CODE + 1, guest.frame(0));
        assertTrue((guest.frame(2) & Bits.TF) != 0);
        assertFalse((guest.cpu.systemFlags & Bits.TF) != 0);
        assertEquals(1 << 14, guest.cpu.dr[6] & 1 << 14);
    }

    @Test
    void aSingleSteppedIntIsNotFollowedByATrapInItsHandler() {
        guest.cpu.systemFlags |= Bits.TF;
        guest.run("cd42").expect(0x42);
    }
}
