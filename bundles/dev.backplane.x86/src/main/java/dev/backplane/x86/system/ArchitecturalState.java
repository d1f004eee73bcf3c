package dev.backplane.x86.system;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Activity;
import dev.backplane.api.cpu.VcpuState.Event;
import dev.backplane.api.cpu.VcpuState.Msr;
import dev.backplane.api.cpu.VcpuState.Segment;
import dev.backplane.api.cpu.VcpuState.Table;
import dev.backplane.api.state.StateException;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A vCPU's registers as the record that all backends share. While the vCPU does not run. */
final class ArchitecturalState {
    private static final int APIC_PAGE_BYTES = 4096;
    /** All but the time registers and the MTRRs; those that a state does not have get their value after power-on. */
    private static final int[] MSRS = {
        Msrs.EFER,
        Msrs.STAR,
        Msrs.LSTAR,
        Msrs.CSTAR,
        Msrs.FMASK,
        Msrs.KERNEL_GS_BASE,
        Msrs.TSC_AUX,
        Msrs.SYSENTER_CS,
        Msrs.SYSENTER_ESP,
        Msrs.SYSENTER_EIP,
        Msrs.MISC_ENABLE,
        Msrs.PAT,
        Msrs.SPEC_CTRL,
        Msrs.DEBUGCTL,
        Msrs.TSC,
        Msrs.TSC_ADJUST,
        Msrs.TSC_DEADLINE,
        KvmClock.WALL_CLOCK,
        KvmClock.SYSTEM_TIME,
        KvmClock.STEAL_TIME
    };

    private ArchitecturalState() {}

    static VcpuState save(
            VcpuSystem system,
            Activity activity,
            Optional<Event> pendingEvent,
            Optional<VcpuState.Access> pendingWrite) {
        Cpu c = system.cpu();
        long[] general = new long[16];
        System.arraycopy(c.r, 0, general, 0, 16);
        List<Segment> segments = new ArrayList<>();
        for (int i = Seg.ES; i < Seg.COUNT; i++) {
            segments.add(new Segment(c.selector[i], c.segmentBase[i], c.segmentLimit[i], c.segmentAttributes[i]));
        }
        return new VcpuState(
                activity,
                general,
                c.rip,
                c.flags() & 0xffff_ffffL,
                List.copyOf(segments),
                new Table(c.gdtBase, c.gdtLimit),
                new Table(c.idtBase, c.idtLimit),
                c.cr0,
                c.cr2,
                c.cr3,
                c.cr4,
                system.apic().cr8(),
                c.xcr0,
                new long[] {c.dr[0], c.dr[1], c.dr[2], c.dr[3], c.dr[6], c.dr[7]},
                msrs(system),
                ExtendedState.save(c),
                system.apic().save(),
                pendingEvent,
                pendingWrite,
                c.interruptShadow,
                c.nmiMasked,
                system.apic().nmiPending());
    }

    private static List<Msr> msrs(VcpuSystem system) {
        List<Msr> msrs = new ArrayList<>();
        for (int number : MSRS) {
            msrs.add(new Msr(number, system.msrs().read(system.cpu(), number)));
        }
        for (int number : Mtrrs.numbers()) {
            msrs.add(new Msr(number, system.msrs().read(system.cpu(), number)));
        }
        return List.copyOf(msrs);
    }

    /** What makes a state unusable for this model, whatever it says. */
    static void check(VcpuState state, CpuModel model) throws StateException {
        require(state.general().length == 16, "general", state.general().length, "16 registers");
        require(
                state.segments().size() == Seg.COUNT,
                "segments",
                state.segments().size(),
                "8 segments");
        require(state.debug().length == 6, "debug", state.debug().length, "6 registers");
        require(
                ExtendedState.isWhole(state.xsave()),
                "xsave",
                state.xsave().length,
                "at least " + ExtendedState.BYTES + " bytes, and all of the AVX state that its header tells of");
        require(
                state.apic().registers().length == APIC_PAGE_BYTES,
                "apic.registers",
                state.apic().registers().length,
                APIC_PAGE_BYTES + " bytes");
        require(
                (state.cr4() & ~model.cr4Bits()) == 0,
                "cr4",
                "0x" + Long.toHexString(state.cr4()),
                "only bits that " + model.name() + " has: start the machine with a model that all its backends have");
        require(
                (state.xcr0() & ~model.xcr0Bits()) == 0,
                "xcr0",
                "0x" + Long.toHexString(state.xcr0()),
                "only components that " + model.name()
                        + " has: start the machine with a model that all its backends have");
        require(
                state.pendingAccess().map(PendingWrite::isSound).orElse(true),
                "pendingAccess",
                state.pendingAccess(),
                "none, or a write with its data: let the backend that saved it begin the read anew");
    }

    private static void require(boolean good, String field, Object value, String expected) throws StateException {
        if (!good) {
            throw new StateException("vCPU state: %s is %s: expected %s".formatted(field, value, expected));
        }
    }

    static void load(VcpuSystem system, VcpuState state) {
        Cpu c = system.cpu();
        System.arraycopy(state.general(), 0, c.r, 0, 16);
        c.r[Gpr.ZERO] = 0;
        c.rip = state.rip();
        c.setFlags((int) state.rflags());
        for (int i = Seg.ES; i < Seg.COUNT; i++) {
            Segment segment = state.segments().get(i);
            c.selector[i] = segment.selector() & 0xffff;
            c.segmentBase[i] = segment.base();
            c.segmentLimit[i] = segment.limit() & 0xffff_ffffL;
            c.segmentAttributes[i] = segment.attributes();
        }
        c.gdtBase = state.gdtr().base();
        c.gdtLimit = state.gdtr().limit() & 0xffff;
        c.idtBase = state.idtr().base();
        c.idtLimit = state.idtr().limit() & 0xffff;
        c.cr0 = state.cr0() | Bits.CR0_ET;
        c.cr2 = state.cr2();
        c.cr3 = state.cr3();
        c.cr4 = state.cr4();
        c.xcr0 = state.xcr0() | 1;
        System.arraycopy(state.debug(), 0, c.dr, 0, 4);
        c.dr[6] = state.debug()[4];
        c.dr[7] = state.debug()[5];
        c.cpl = privilege(c);
        ExtendedState.load(c, state.xsave());
        system.msrs().reset(c);
        c.efer = 0;
        // The TSC before the local APIC before TSC_DEADLINE.
        for (Msr msr : state.msrs()) {
            if (msr.number() != Msrs.TSC_DEADLINE) {
                system.msrs().load(c, msr.number(), msr.value());
            }
        }
        system.apic().load(state.apic());
        for (Msr msr : state.msrs()) {
            if (msr.number() == Msrs.TSC_DEADLINE) {
                system.msrs().load(c, msr.number(), msr.value());
            }
        }
        if (state.nmiPending()) {
            system.apic().latchNmi();
        }
        c.interruptShadow = state.interruptShadow();
        c.stackShadow = false;
        c.nmiMasked = state.nmiMasked();
        c.halted = state.activity() == Activity.HALTED;
        c.pending = 0;
        system.control().reloadPointers(c);
        c.mmu.flushAll();
        c.modeChanged();
        c.raise(Cpu.INTERRUPT | Cpu.NMI);
    }

    /** The current privilege level is SS's DPL, also where CS is conforming. */
    private static int privilege(Cpu c) {
        if ((c.cr0 & Bits.CR0_PE) == 0) {
            return 0;
        }
        return c.virtual8086() ? 3 : Descriptor.dpl(c.segmentAttributes[Seg.SS]);
    }
}
