package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Access;
import dev.backplane.api.cpu.VcpuState.Activity;
import dev.backplane.api.cpu.VcpuState.Event;
import dev.backplane.api.cpu.VcpuState.Segment;
import dev.backplane.api.cpu.VcpuState.Table;
import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmBlock;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A vCPU's registers in the host as the record that all backends share. While it does not run. */
final class StateReader {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    /** x87 and SSE registers and the header: where the others begin. */
    private static final int BASIC_XSAVE_BYTES = 576;

    private static final long XSTATE_BV = 512;
    private static final long X87_AND_SSE = 3;

    private final StateBlocks blocks;
    private final MsrList msrs;

    StateReader(StateBlocks blocks, MsrList msrs) {
        this.blocks = blocks;
        this.msrs = msrs;
    }

    /**
     * The state.
     *
     * @param shutDown whether it met a triple fault, which the host forgets
     * @param time what moves by itself
     * @param pending a write that has not reached its bay
     */
    VcpuState read(boolean shutDown, FrozenTime time, Optional<Access> pending) throws HostException {
        // The host takes waiting INIT and start-up messages when it is asked for this: first, therefore.
        int mp = blocks.read(KvmBlock.MP_STATE).get(INT, 0);
        MemorySegment regs = blocks.read(KvmBlock.REGS);
        MemorySegment sregs = blocks.read(KvmBlock.SREGS);
        MemorySegment debug = blocks.read(KvmBlock.DEBUGREGS);
        MemorySegment events = blocks.read(KvmBlock.EVENTS);
        long[] general = new long[16];
        for (int i = 0; i < general.length; i++) {
            general[i] = regs.get(LONG, GeneralLayout.register(i));
        }
        List<Segment> segments = new ArrayList<>();
        for (int at : SegmentLayout.ALL) {
            segments.add(SegmentLayout.get(sregs, at));
        }
        return new VcpuState(
                shutDown ? Activity.SHUTDOWN : MpState.activity(mp),
                general,
                regs.get(LONG, GeneralLayout.RIP),
                regs.get(LONG, GeneralLayout.RFLAGS),
                List.copyOf(segments),
                table(sregs, SystemLayout.GDT),
                table(sregs, SystemLayout.IDT),
                sregs.get(LONG, SystemLayout.CR0),
                sregs.get(LONG, SystemLayout.CR2),
                sregs.get(LONG, SystemLayout.CR3),
                sregs.get(LONG, SystemLayout.CR4),
                sregs.get(LONG, SystemLayout.CR8),
                xcr0(),
                new long[] {
                    debug.get(LONG, 0),
                    debug.get(LONG, 8),
                    debug.get(LONG, 16),
                    debug.get(LONG, 24),
                    debug.get(LONG, 32),
                    debug.get(LONG, 40)
                },
                msrs(sregs.get(LONG, SystemLayout.EFER), time),
                xsave(),
                new ApicPage(blocks.read(KvmBlock.LAPIC)).toState(sregs.get(LONG, SystemLayout.APIC_BASE), time),
                event(events),
                pending,
                events.get(BYTE, EventLayout.SHADOW) != 0,
                events.get(BYTE, EventLayout.NMI_MASKED) != 0,
                events.get(BYTE, EventLayout.NMI_PENDING) != 0);
    }

    private static Table table(MemorySegment sregs, long at) {
        return new Table(
                sregs.get(LONG, at), sregs.get(ValueLayout.JAVA_SHORT, at + SystemLayout.TABLE_LIMIT) & 0xffff);
    }

    private long xcr0() throws HostException {
        MemorySegment xcrs = blocks.read(KvmBlock.XCRS);
        return xcrs.get(INT, 0) > 0 ? xcrs.get(LONG, 16) : 1;
    }

    private byte[] xsave() throws HostException {
        MemorySegment area = blocks.read(KvmBlock.XSAVE);
        boolean basic = (area.get(LONG, XSTATE_BV) & ~X87_AND_SSE) == 0;
        return area.asSlice(0, basic ? BASIC_XSAVE_BYTES : area.byteSize()).toArray(BYTE);
    }

    private List<VcpuState.Msr> msrs(long efer, FrozenTime time) throws HostException {
        List<VcpuState.Msr> all = new ArrayList<>(msrs.read(blocks.vcpu()));
        all.add(new VcpuState.Msr(Msr.EFER, efer));
        all.add(new VcpuState.Msr(Msr.TSC, time.tsc()));
        all.add(new VcpuState.Msr(Msr.TSC_ADJUST, time.tscAdjust()));
        all.add(new VcpuState.Msr(Msr.TSC_DEADLINE, time.tscDeadline()));
        return List.copyOf(all);
    }

    /** Of several that are on their way the exception comes first, which the others caused. */
    private static Optional<Event> event(MemorySegment events) {
        if (events.get(BYTE, EventLayout.EXCEPTION_INJECTED) != 0
                || events.get(BYTE, EventLayout.EXCEPTION_PENDING) != 0) {
            Optional<Integer> error = events.get(BYTE, EventLayout.EXCEPTION_HAS_ERROR) != 0
                    ? Optional.of(events.get(INT, EventLayout.EXCEPTION_ERROR))
                    : Optional.empty();
            return Optional.of(
                    new Event(events.get(BYTE, EventLayout.EXCEPTION_NUMBER) & 0xff, EventKind.EXCEPTION, error, 0));
        }
        if (events.get(BYTE, EventLayout.NMI_INJECTED) != 0) {
            return Optional.of(new Event(EventKind.NMI_VECTOR, EventKind.NMI, Optional.empty(), 0));
        }
        if (events.get(BYTE, EventLayout.INTERRUPT_INJECTED) != 0) {
            boolean soft = events.get(BYTE, EventLayout.INTERRUPT_SOFT) != 0;
            return Optional.of(new Event(
                    events.get(BYTE, EventLayout.INTERRUPT_NUMBER) & 0xff,
                    soft ? EventKind.SOFTWARE_INTERRUPT : EventKind.EXTERNAL,
                    Optional.empty(),
                    soft ? EventKind.INT_BYTES : 0));
        }
        return Optional.empty();
    }
}
