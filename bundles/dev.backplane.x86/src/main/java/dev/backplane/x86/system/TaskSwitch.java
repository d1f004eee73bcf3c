package dev.backplane.x86.system;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.GuestFault;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/**
 * The hardware's task switch of the legacy modes (SDM 3A, 9.3). The new task's segments are checked after its registers are
 * loaded, so that their faults belong to the new task, as table 9-1 says. One per vCPU.
 */
final class TaskSwitch {
    private enum Kind {
        JUMP,
        CALL,
        RETURN
    }

    private static final int LINK = 0;
    private static final int CR3 = 0x1c;
    private static final int TRAP = 0x64;
    private static final int DR6_BT = 1 << 15;
    /** L0 to L3 and LE: breakpoints of the old task. */
    private static final long DR7_LOCAL = 0x155;

    private static final int LIMIT32 = 0x67;
    private static final int LIMIT16 = 0x2b;

    private final StackWriter stack = new StackWriter();

    private final ControlRegisters control;

    TaskSwitch(ControlRegisters control) {
        this.control = control;
    }

    /** JMP or CALL to a TSS, directly or through a task gate. */
    void transfer(Cpu c, int selector, boolean call) {
        if (switchTo(c, selector, call ? Kind.CALL : Kind.JUMP, c.nextRip, c.flags())) {
            trap(c);
        }
    }

    /** An interrupt or exception through a task gate. */
    void enter(Cpu c, int selector, int errorCode, long returnRip, int flags) {
        boolean traced = switchTo(c, selector, Kind.CALL, returnRip, flags);
        if (errorCode != EventDelivery.NO_ERROR_CODE) {
            c.modeChanged();
            stack.current(c);
            stack.push(c, is16(c.segmentAttributes[Seg.TR]) ? 2 : 4, errorCode);
            c.r[Gpr.RSP] = stack.merge(c.r[Gpr.RSP]);
        }
        if (traced) {
            trap(c);
        }
    }

    /** IRET with EFLAGS.NT. */
    void returnToPrevious(Cpu c) {
        int selector = (int) c.sysLoad16(tss(c) + LINK);
        if (switchTo(c, selector, Kind.RETURN, c.nextRip, c.flags() & ~Bits.NT)) {
            trap(c);
        }
    }

    private static boolean is16(int attributes) {
        return (attributes & 0xd) == Descriptor.TSS16;
    }

    private static long tss(Cpu c) {
        return c.segmentBase[Seg.TR];
    }

    /** The switch itself; what can go wrong in the old task comes before its first change. Returns whether the new task's T is set. */
    private boolean switchTo(Cpu c, int selector, Kind kind, long savedRip, int savedFlags) {
        int wrong = kind == Kind.RETURN ? Vector.TS : Vector.GP;
        int error = selector & 0xfffc;
        if (error == 0 || (selector & 4) != 0) {
            throw c.fault(wrong, error);
        }
        long descriptor = Selectors.descriptor(c, selector, wrong);
        int attributes = Descriptor.attributes(descriptor);
        int type = attributes & (Seg.S | Seg.TYPE);
        int busy = kind == Kind.RETURN ? Descriptor.BUSY : 0;
        if (type != (Descriptor.TSS | busy) && type != (Descriptor.TSS16 | busy)) {
            throw c.fault(wrong, error);
        }
        if (!Descriptor.present(attributes)) {
            throw c.fault(Vector.NP, error);
        }
        boolean narrow = is16(attributes);
        if (Descriptor.limit(descriptor) < (narrow ? LIMIT16 : LIMIT32)) {
            throw c.fault(Vector.TS, error);
        }
        c.sysProbeWrite(tss(c), is16(c.segmentAttributes[Seg.TR]) ? LIMIT16 + 1 : LIMIT32 + 1);
        long base = Descriptor.base(descriptor);
        if (kind == Kind.CALL) {
            c.sysProbeWrite(base, 2);
        }
        c.sysProbeRead(base, narrow ? LIMIT16 + 1 : LIMIT32 + 1);
        if (!narrow && (c.cr0 & Bits.CR0_PG) != 0) {
            control.checkSpace(c, c.sysLoad32(base + CR3));
        }
        int oldSelector = c.selector[Seg.TR];
        if (kind != Kind.CALL) {
            clearBusy(c, oldSelector);
        }
        save(c, savedRip, savedFlags);
        if (kind == Kind.CALL) {
            c.sysStore16(base + LINK, oldSelector);
        }
        if (kind != Kind.RETURN) {
            Selectors.mark(c, selector, Descriptor.BUSY);
        }
        SegmentLoader.set(c, Seg.TR, selector, descriptor);
        c.segmentAttributes[Seg.TR] = attributes | Descriptor.BUSY;
        load(c, TaskImage.read(c, base, narrow), kind == Kind.CALL);
        return !narrow && (c.sysLoad16(base + TRAP) & 1) != 0;
    }

    /** A fault of the new task: nothing of the old one is in the registers any more, and it is not to be tried again. */
    private static GuestFault ofNewTask(Cpu c, GuestFault fault) {
        c.rip = c.nextRip;
        c.faultSettled = true;
        c.modeChanged();
        return fault;
    }

    /** The debug trap before the first instruction of a task whose T is set (19.3.1.5). */
    private static void trap(Cpu c) {
        c.dr[6] |= DR6_BT;
        throw ofNewTask(c, c.fault(Vector.DB, EventDelivery.NO_ERROR_CODE));
    }

    private static void clearBusy(Cpu c, int selector) {
        long address = Selectors.address(c, selector, 8);
        if (address != Selectors.NOWHERE) {
            c.sysStore8(address + 5, c.sysLoad8(address + 5) & ~Descriptor.BUSY);
        }
    }

    private static void save(Cpu c, long rip, int flags) {
        long at = tss(c);
        if (is16(c.segmentAttributes[Seg.TR])) {
            c.sysStore16(at + 0x0e, rip & 0xffff);
            c.sysStore16(at + 0x10, flags & 0xffff);
            for (int i = 0; i < 8; i++) {
                c.sysStore16(at + 0x12 + 2 * i, c.r[i] & 0xffff);
            }
            for (int segment = Seg.ES; segment <= Seg.DS; segment++) {
                c.sysStore16(at + 0x22 + 2 * segment, c.selector[segment]);
            }
            return;
        }
        c.sysStore32(at + 0x20, rip & 0xffff_ffffL);
        c.sysStore32(at + 0x24, flags & 0xffff_ffffL);
        for (int i = 0; i < 8; i++) {
            c.sysStore32(at + 0x28 + 4 * i, c.r[i] & 0xffff_ffffL);
        }
        for (int segment = Seg.ES; segment <= Seg.GS; segment++) {
            c.sysStore16(at + 0x48 + 4 * segment, c.selector[segment]);
        }
    }

    private void load(Cpu c, TaskImage task, boolean nested) {
        if (!task.narrow && (c.cr0 & Bits.CR0_PG) != 0) {
            control.switchSpace(c, task.cr3);
        }
        System.arraycopy(task.general, 0, c.r, 0, 8);
        c.cr0 |= Bits.CR0_TS;
        c.dr[7] &= ~DR7_LOCAL;
        c.setFlags(nested ? task.flags | Bits.NT : task.flags);
        c.nextRip = task.rip;
        c.rip = task.rip;
        try {
            loadSegments(c, task.selectors);
        } catch (GuestFault fault) {
            throw ofNewTask(c, fault);
        }
    }

    private static void loadSegments(Cpu c, int[] selectors) {
        for (int segment = Seg.ES; segment <= Seg.LDTR; segment++) {
            SegmentLoader.setNull(c, segment, selectors[segment]);
        }
        loadLdt(c, selectors[Seg.LDTR]);
        if (c.virtual8086()) {
            c.cpl = 3;
            for (int segment = Seg.ES; segment <= Seg.GS; segment++) {
                SegmentLoader.loadReal(c, segment, selectors[segment]);
            }
            return;
        }
        int cs = selectors[Seg.CS];
        c.cpl = Selectors.rpl(cs);
        long code = code(c, cs);
        CodeTarget.enter(c, cs, code, c.cpl);
        int ss = selectors[Seg.SS];
        if (Selectors.isNull(ss)) {
            throw c.fault(Vector.TS, 0);
        }
        SegmentLoader.set(c, Seg.SS, ss, SegmentLoader.stack(c, ss, c.cpl, Vector.TS));
        SegmentLoader.loadData(c, Seg.ES, selectors[Seg.ES], Vector.TS);
        SegmentLoader.loadData(c, Seg.DS, selectors[Seg.DS], Vector.TS);
        SegmentLoader.loadData(c, Seg.FS, selectors[Seg.FS], Vector.TS);
        SegmentLoader.loadData(c, Seg.GS, selectors[Seg.GS], Vector.TS);
        c.nextRip = CodeTarget.offset(c, code, c.nextRip);
    }

    private static void loadLdt(Cpu c, int selector) {
        if (Selectors.isNull(selector)) {
            return;
        }
        if ((selector & 4) != 0) {
            throw c.fault(Vector.TS, selector & 0xfffc);
        }
        long descriptor = Selectors.descriptor(c, selector, Vector.TS);
        int attributes = Descriptor.attributes(descriptor);
        if ((attributes & (Seg.S | Seg.TYPE | Seg.P)) != (Descriptor.LDT | Seg.P)) {
            throw c.fault(Vector.TS, selector & 0xfffc);
        }
        SegmentLoader.set(c, Seg.LDTR, selector, descriptor);
        c.segmentAttributes[Seg.LDTR] = attributes;
    }

    private static long code(Cpu c, int selector) {
        if (Selectors.isNull(selector)) {
            throw c.fault(Vector.TS, 0);
        }
        long descriptor = Selectors.descriptor(c, selector, Vector.TS);
        int attributes = Descriptor.attributes(descriptor);
        int rpl = Selectors.rpl(selector);
        int dpl = Descriptor.dpl(attributes);
        if (!Descriptor.isCode(attributes) || (Descriptor.isConforming(attributes) ? dpl > rpl : dpl != rpl)) {
            throw c.fault(Vector.TS, selector & 0xfffc);
        }
        if (!Descriptor.present(attributes)) {
            throw c.fault(Vector.NP, selector & 0xfffc);
        }
        Selectors.access(c, selector, attributes);
        return descriptor;
    }
}
