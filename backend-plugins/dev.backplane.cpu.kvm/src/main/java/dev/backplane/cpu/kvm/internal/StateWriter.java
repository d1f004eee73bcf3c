package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Event;
import dev.backplane.api.cpu.VcpuState.Table;
import dev.backplane.api.state.StateException;
import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmBlock;
import dev.backplane.x86.system.PendingWrite;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Gives a vCPU in the host the state of the record that all backends share, but for what moves by itself: {@link MachineTime}
 * sets that going. While it does not run.
 */
final class StateWriter {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final int BASIC_XSAVE_BYTES = 576;
    private static final int APIC_PAGE_BYTES = 4096;

    private final StateBlocks blocks;
    private final MsrList msrs;
    private final int index;

    StateWriter(StateBlocks blocks, MsrList msrs, int index) {
        this.blocks = blocks;
        this.msrs = msrs;
        this.index = index;
    }

    /** Writes a state; the order is that of dependence: what enables something comes before what is enabled. */
    void write(VcpuState state) throws HostException, StateException {
        check(state);
        try {
            extendedState(state);
            system(state);
        } catch (HostException e) {
            throw new StateException("vCPU %d: this host's KVM refuses the state: %s: %s"
                    .formatted(index, e.getMessage(), summary(state)));
        }
        msrs.write(blocks.vcpu(), state.msrs());
        general(state);
        debug(state);
        new ApicPage(blocks.empty(KvmBlock.LAPIC)).fromState(state.apic(), index);
        blocks.write(KvmBlock.LAPIC);
        blocks.empty(KvmBlock.MP_STATE).set(INT, 0, MpState.of(state.activity()));
        blocks.write(KvmBlock.MP_STATE);
        events(state);
    }

    private static String summary(VcpuState state) {
        return "cr0 0x%x, cr4 0x%x, efer 0x%x, xcr0 0x%x, apic base 0x%x"
                .formatted(
                        state.cr0(),
                        state.cr4(),
                        msr(state, Msr.EFER),
                        state.xcr0(),
                        state.apic().base());
    }

    static long msr(VcpuState state, int number) {
        for (VcpuState.Msr msr : state.msrs()) {
            if (msr.number() == number) {
                return msr.value();
            }
        }
        return 0;
    }

    private static void check(VcpuState state) throws StateException {
        require("general", state.general().length, state.general().length == 16, "16 registers");
        require("segments", state.segments().size(), state.segments().size() == 8, "8 segments");
        require("debug", state.debug().length, state.debug().length == 6, "6 registers");
        int xsave = state.xsave().length;
        require(
                "xsave",
                xsave,
                xsave >= BASIC_XSAVE_BYTES && xsave <= KvmBlock.XSAVE.sizeBytes(),
                "%d to %d bytes".formatted(BASIC_XSAVE_BYTES, KvmBlock.XSAVE.sizeBytes()));
        int page = state.apic().registers().length;
        require("apic.registers", page, page == APIC_PAGE_BYTES, APIC_PAGE_BYTES + " bytes");
        require(
                "pendingAccess",
                state.pendingAccess(),
                state.pendingAccess().map(PendingWrite::isSound).orElse(true),
                "none, or a write with its data: let the backend that saved it begin the read anew");
    }

    private static void require(String field, Object value, boolean good, String expected) throws StateException {
        if (!good) {
            throw new StateException("vCPU state: %s is %s: expected %s".formatted(field, value, expected));
        }
    }

    private void extendedState(VcpuState state) throws HostException {
        MemorySegment xcrs = blocks.empty(KvmBlock.XCRS);
        xcrs.set(INT, 0, 1);
        xcrs.set(LONG, 16, state.xcr0() | 1);
        blocks.write(KvmBlock.XCRS);
        MemorySegment area = blocks.empty(KvmBlock.XSAVE);
        MemorySegment.copy(state.xsave(), 0, area, BYTE, 0, state.xsave().length);
        blocks.write(KvmBlock.XSAVE);
    }

    private void system(VcpuState state) throws HostException {
        MemorySegment sregs = blocks.empty(KvmBlock.SREGS);
        for (int i = 0; i < SegmentLayout.ALL.length; i++) {
            SegmentLayout.put(sregs, SegmentLayout.ALL[i], state.segments().get(i));
        }
        table(sregs, SystemLayout.GDT, state.gdtr());
        table(sregs, SystemLayout.IDT, state.idtr());
        sregs.set(LONG, SystemLayout.CR0, state.cr0());
        sregs.set(LONG, SystemLayout.CR2, state.cr2());
        sregs.set(LONG, SystemLayout.CR3, state.cr3());
        sregs.set(LONG, SystemLayout.CR4, state.cr4());
        sregs.set(LONG, SystemLayout.CR8, state.cr8());
        sregs.set(LONG, SystemLayout.EFER, msr(state, Msr.EFER));
        sregs.set(LONG, SystemLayout.APIC_BASE, state.apic().base());
        blocks.write(KvmBlock.SREGS);
    }

    private static void table(MemorySegment sregs, long at, Table table) {
        sregs.set(LONG, at, table.base());
        sregs.set(ValueLayout.JAVA_SHORT, at + SystemLayout.TABLE_LIMIT, (short) table.limit());
    }

    private void general(VcpuState state) throws HostException {
        MemorySegment regs = blocks.empty(KvmBlock.REGS);
        for (int i = 0; i < state.general().length; i++) {
            regs.set(LONG, GeneralLayout.register(i), state.general()[i]);
        }
        regs.set(LONG, GeneralLayout.RIP, state.rip());
        regs.set(LONG, GeneralLayout.RFLAGS, state.rflags() | 2);
        blocks.write(KvmBlock.REGS);
    }

    private void debug(VcpuState state) throws HostException {
        MemorySegment debug = blocks.empty(KvmBlock.DEBUGREGS);
        for (int i = 0; i < state.debug().length; i++) {
            debug.set(LONG, 8L * i, state.debug()[i]);
        }
        blocks.write(KvmBlock.DEBUGREGS);
    }

    private void events(VcpuState state) throws HostException {
        MemorySegment events = blocks.empty(KvmBlock.EVENTS);
        state.pendingEvent().ifPresent(event -> put(events, event));
        events.set(BYTE, EventLayout.SHADOW, (byte) (state.interruptShadow() ? EventLayout.SHADOW_OF_STI : 0));
        events.set(BYTE, EventLayout.NMI_MASKED, (byte) (state.nmiMasked() ? 1 : 0));
        events.set(BYTE, EventLayout.NMI_PENDING, (byte) (state.nmiPending() ? 1 : 0));
        events.set(INT, EventLayout.FLAGS, EventLayout.HAS_NMI_PENDING | EventLayout.HAS_SHADOW);
        blocks.write(KvmBlock.EVENTS);
    }

    private static void put(MemorySegment events, Event event) {
        switch (event.kind()) {
            case EventKind.NMI -> events.set(BYTE, EventLayout.NMI_INJECTED, (byte) 1);
            case EventKind.EXCEPTION, EventKind.SOFTWARE_EXCEPTION -> {
                events.set(BYTE, EventLayout.EXCEPTION_INJECTED, (byte) 1);
                events.set(BYTE, EventLayout.EXCEPTION_NUMBER, (byte) event.vector());
                event.errorCode().ifPresent(error -> {
                    events.set(BYTE, EventLayout.EXCEPTION_HAS_ERROR, (byte) 1);
                    events.set(INT, EventLayout.EXCEPTION_ERROR, error);
                });
            }
            default -> {
                boolean soft = event.kind() == EventKind.SOFTWARE_INTERRUPT;
                events.set(BYTE, EventLayout.INTERRUPT_INJECTED, (byte) 1);
                events.set(BYTE, EventLayout.INTERRUPT_NUMBER, (byte) event.vector());
                events.set(BYTE, EventLayout.INTERRUPT_SOFT, (byte) (soft ? 1 : 0));
            }
        }
    }
}
