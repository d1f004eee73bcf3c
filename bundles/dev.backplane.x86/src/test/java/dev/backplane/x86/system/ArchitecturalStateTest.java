package dev.backplane.x86.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Activity;
import dev.backplane.api.cpu.VcpuState.Event;
import dev.backplane.api.state.StateException;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A vCPU's state goes out as a record and comes back into another vCPU. */
class ArchitecturalStateTest {
    private final Guest guest = new Guest().long64();

    private VcpuState save() {
        return guest.system.save(Activity.ACTIVE, Optional.empty());
    }

    @Test
    void everyRegisterComesBack() throws StateException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 16; i++) {
            guest.cpu.r[i] = random.nextLong();
        }
        for (int i = 0; i < 32; i++) {
            guest.cpu.xmm[i] = random.nextLong();
        }
        guest.cpu.fpu.status = 5 << 11;
        guest.cpu.fpu.valid = 0x3c;
        for (int i = 0; i < 8; i++) {
            guest.cpu.fpu.significand[i] = random.nextLong();
            guest.cpu.fpu.signExponent[i] = random.nextInt(0x10000);
        }
        guest.cpu.mxcsr = 0x1fa0;
        guest.cpu.setFlags(Bits.CF | Bits.OF | Bits.IF | Bits.AC);
        guest.cpu.cr2 = 0x1234;
        guest.cpu.dr[2] = 0x5678;
        guest.cpu.lstar = 0xffff_ffff_8100_0000L;
        guest.cpu.kernelGsBase = 0xffff_8880_0000_0000L;
        guest.cpu.cr4 |= Bits.CR4_OSXSAVE | Bits.CR4_SMEP;
        guest.cpu.xcr0 = 3;
        guest.apic.setCr8(7);
        guest.user();
        VcpuState saved = save();

        Guest other = new Guest();
        other.nanos = guest.nanos;
        other.system.load(saved);
        VcpuState again = other.system.save(Activity.ACTIVE, Optional.empty());
        assertArrayEquals(saved.general(), again.general(), () -> "seed " + seed);
        assertArrayEquals(saved.xsave(), again.xsave(), () -> "seed " + seed);
        assertArrayEquals(saved.debug(), again.debug());
        assertArrayEquals(saved.apic().registers(), again.apic().registers());
        assertEquals(saved.segments(), again.segments());
        assertEquals(saved.msrs(), again.msrs());
        assertEquals(saved.rflags(), again.rflags());
        assertEquals(
                List.of(saved.cr0(), saved.cr2(), saved.cr3(), saved.cr4(), saved.cr8(), saved.xcr0()),
                List.of(again.cr0(), again.cr2(), again.cr3(), again.cr4(), again.cr8(), again.xcr0()));
        assertEquals(3, other.cpu.cpl);
        assertTrue(other.cpu.long64);
    }

    @Test
    void upperHalvesOfVectorsComeBack() throws StateException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        guest.cpu.cr4 |= Bits.CR4_OSXSAVE;
        guest.cpu.xcr0 = 7;
        for (int i = 0; i < 32; i++) {
            guest.cpu.ymm[i] = random.nextLong();
        }
        VcpuState saved = save();
        assertEquals(576 + 256, saved.xsave().length);

        Guest other = new Guest("x86-64-v3");
        other.system.load(saved);
        assertArrayEquals(guest.cpu.ymm, other.cpu.ymm, () -> "seed " + seed);
        assertEquals(7, other.cpu.xcr0);
        var refused = assertThrows(StateException.class, () -> new Guest().system.load(saved));
        assertTrue(String.valueOf(refused.getMessage()).contains("xcr0"), refused.getMessage());
    }

    @Test
    void msrsThatAStateLacksHaveTheirValueAfterPowerOn() throws StateException {
        guest.cpu.lstar = 0x1234;
        VcpuState whole = save();
        guest.system.load(with(
                whole,
                List.of(new VcpuState.Msr(0xc000_0080, whole.msrs().getFirst().value()))));
        assertEquals(0, guest.cpu.lstar);
        assertEquals(0x0007_0406_0007_0406L, guest.cpu.pat);
        assertEquals(0xd01, guest.cpu.efer);
    }

    @Test
    void theTscGoesOnFromTheGuestsClock() throws StateException {
        guest.system.load(with(
                save(),
                List.of(
                        new VcpuState.Msr(0xc000_0080, 0xd01),
                        new VcpuState.Msr(0x3b, 500),
                        new VcpuState.Msr(0x10, 1))));
        guest.run("0f31 f4");
        assertEquals(guest.nanos * 2 + 500, guest.cpu.r[Gpr.RAX]);
    }

    @Test
    void aPendingExceptionIsDeliveredWithItsErrorCode() {
        guest.cpu.rip = Guest.CODE;
        assertTrue(guest.system.deliver(new Event(Vector.GP, 3, Optional.of(0x18), 0)));
        guest.run().expect(Vector.GP, 0x18, Guest.CODE);
    }

    @Test
    void aPendingSoftwareInterruptReturnsBehindItsInstruction() {
        guest.cpu.rip = Guest.CODE;
        assertTrue(guest.system.deliver(new Event(0x42, 4, Optional.empty(), 2)));
        guest.run().expect(0x42);
        assertEquals(Guest.CODE + 2, guest.frame(0));
    }

    @Test
    void aPendingNmiMasksOthers() {
        assertTrue(guest.system.deliver(new Event(2, 2, Optional.empty(), 0)));
        assertTrue(guest.cpu.nmiMasked);
    }

    @Test
    void statesThatDoNotFitNameTheField() {
        VcpuState good = save();
        expectRefusal(
                "general",
                new VcpuState(
                        good.activity(),
                        new long[3],
                        good.rip(),
                        good.rflags(),
                        good.segments(),
                        good.gdtr(),
                        good.idtr(),
                        good.cr0(),
                        good.cr2(),
                        good.cr3(),
                        good.cr4(),
                        good.cr8(),
                        good.xcr0(),
                        good.debug(),
                        good.msrs(),
                        good.xsave(),
                        good.apic(),
                        good.pendingEvent(),
                        good.pendingAccess(),
                        false,
                        false,
                        false));
        expectRefusal(
                "cr4",
                new VcpuState(
                        good.activity(),
                        good.general(),
                        good.rip(),
                        good.rflags(),
                        good.segments(),
                        good.gdtr(),
                        good.idtr(),
                        good.cr0(),
                        good.cr2(),
                        good.cr3(),
                        Bits.CR4_LA57,
                        good.cr8(),
                        good.xcr0(),
                        good.debug(),
                        good.msrs(),
                        good.xsave(),
                        good.apic(),
                        good.pendingEvent(),
                        good.pendingAccess(),
                        false,
                        false,
                        false));
        expectRefusal("model-specific", with(good, List.of(new VcpuState.Msr(0x277, 2))));
    }

    private void expectRefusal(String word, VcpuState state) {
        String message = assertThrows(StateException.class, () -> guest.system.load(state))
                .getMessage();
        assertTrue(message.contains(word), message);
    }

    private static VcpuState with(VcpuState s, List<VcpuState.Msr> msrs) {
        return new VcpuState(
                s.activity(),
                s.general(),
                s.rip(),
                s.rflags(),
                s.segments(),
                s.gdtr(),
                s.idtr(),
                s.cr0(),
                s.cr2(),
                s.cr3(),
                s.cr4(),
                s.cr8(),
                s.xcr0(),
                s.debug(),
                msrs,
                s.xsave(),
                s.apic(),
                s.pendingEvent(),
                s.pendingAccess(),
                s.interruptShadow(),
                s.nmiMasked(),
                s.nmiPending());
    }
}
