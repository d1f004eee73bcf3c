package dev.backplane.gdb.internal;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Msr;
import dev.backplane.api.cpu.VcpuState.Segment;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** The registers of one stopped vCPU as fields that can be changed, and back to a state. */
final class RegisterFile {
    static final int CS = 1;
    static final int SS = 2;
    static final int FS = 4;
    static final int GS = 5;
    static final int TR = 7;
    static final int LDTR = 6;

    static final int EFER = 0xC0000080;
    static final int KERNEL_GS_BASE = 0xC0000102;
    private static final long LMA = 1 << 10;

    /** XSAVE's components in effect (Intel SDM 1, 13.4.2). */
    private static final int PRESENT = 512;

    private static final int CONTROL = 0;
    private static final int CONTROL_RESET = 0x37f;
    private static final int MXCSR = 24;
    private static final int LEGACY_BYTES = 416;
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final VcpuState from;
    final long[] general;
    final List<Segment> segments;
    final List<Msr> msrs;
    final byte[] xsave;
    long rip;
    long rflags;
    long cr0;
    long cr2;
    long cr3;
    long cr4;
    long cr8;

    RegisterFile(VcpuState state) {
        from = state;
        general = state.general().clone();
        segments = new ArrayList<>(state.segments());
        msrs = new ArrayList<>(state.msrs());
        rip = state.rip();
        rflags = state.rflags();
        cr0 = state.cr0();
        cr2 = state.cr2();
        cr3 = state.cr3();
        cr4 = state.cr4();
        cr8 = state.cr8();
        xsave = state.xsave().length < PRESENT + 64
                ? new byte[PRESENT + 64]
                : state.xsave().clone();
        settleExtended();
    }

    /** A component that is not present has its initial values, which the area need not show. */
    private void settleExtended() {
        MemorySegment area = MemorySegment.ofArray(xsave);
        long present = area.get(U64, PRESENT);
        if ((present & 1) == 0) {
            area.asSlice(0, MXCSR).fill((byte) 0);
            area.asSlice(32, 128).fill((byte) 0);
            area.set(U16, CONTROL, (short) CONTROL_RESET);
        }
        if ((present & 2) == 0) {
            area.asSlice(160, LEGACY_BYTES - 160).fill((byte) 0);
        }
        if ((present & 3) == 0 && area.get(U32, MXCSR) == 0) {
            area.set(U32, MXCSR, 0x1f80);
        }
        area.set(U64, PRESENT, present | 3);
    }

    boolean longMode() {
        return (msr(EFER) & LMA) != 0;
    }

    boolean realMode() {
        return (cr0 & 1) == 0;
    }

    long msr(int number) {
        return msrs.stream()
                .filter(msr -> msr.number() == number)
                .mapToLong(Msr::value)
                .findFirst()
                .orElse(0);
    }

    void msr(int number, long value) {
        msrs.replaceAll(msr -> msr.number() == number ? new Msr(number, value) : msr);
    }

    /** Loads the visible part; in real mode the base follows, as it does for the processor. */
    void selector(int index, int value) {
        Segment old = segments.get(index);
        long base = realMode() ? (long) value << 4 : old.base();
        segments.set(index, new Segment(value & 0xffff, base, old.limit(), old.attributes()));
    }

    void base(int index, long value) {
        Segment old = segments.get(index);
        segments.set(index, new Segment(old.selector(), value, old.limit(), old.attributes()));
    }

    long gdtBase() {
        return from.gdtr().base();
    }

    long gdtLimit() {
        return from.gdtr().limit();
    }

    long idtBase() {
        return from.idtr().base();
    }

    long idtLimit() {
        return from.idtr().limit();
    }

    VcpuState state() {
        return new VcpuState(
                from.activity(),
                general,
                rip,
                rflags,
                List.copyOf(segments),
                from.gdtr(),
                from.idtr(),
                cr0,
                cr2,
                cr3,
                cr4,
                cr8,
                from.xcr0(),
                from.debug(),
                List.copyOf(msrs),
                xsave,
                from.apic(),
                from.pendingEvent(),
                from.pendingAccess(),
                from.interruptShadow(),
                from.nmiMasked(),
                from.nmiPending());
    }
}
