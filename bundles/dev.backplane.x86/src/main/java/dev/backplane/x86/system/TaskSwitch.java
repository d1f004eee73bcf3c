package dev.backplane.x86.system;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
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
    private static final int LIMIT32 = 0x67;
    private static final int LIMIT16 = 0x2b;

    private final StackWriter stack = new StackWriter();

    TaskSwitch() {}

    /** JMP or CALL to a TSS, directly or through a task gate. */
    void transfer(Cpu c, int selector, boolean call) {
        switchTo(c, selector, call ? Kind.CALL : Kind.JUMP, c.nextRip, c.flags());
    }

    /** An interrupt or exception through a task gate. */
    void enter(Cpu c, int selector, int errorCode, long returnRip, int flags) {
        switchTo(c, selector, Kind.CALL, returnRip, flags);
        if (errorCode != EventDelivery.NO_ERROR_CODE) {
            c.modeChanged();
            stack.current(c);
            stack.push(c, is16(c.segmentAttributes[Seg.TR]) ? 2 : 4, errorCode);
            c.r[Gpr.RSP] = stack.merge(c.r[Gpr.RSP]);
        }
    }

    /** IRET with EFLAGS.NT. */
    void returnToPrevious(Cpu c) {
        int selector = (int) c.sysLoad16(tss(c) + LINK);
        switchTo(c, selector, Kind.RETURN, c.nextRip, c.flags() & ~Bits.NT);
    }

    private static boolean is16(int attributes) {
        return (attributes & 0xd) == Descriptor.TSS16;
    }

    private static long tss(Cpu c) {
        return c.segmentBase[Seg.TR];
    }

    private void switchTo(Cpu c, int selector, Kind kind, long savedRip, int savedFlags) {
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
        boolean new16 = is16(attributes);
        if (Descriptor.limit(descriptor) < (new16 ? LIMIT16 : LIMIT32)) {
            throw c.fault(Vector.TS, error);
        }
        // Everything that may fault comes before the first change: both segments are touched through.
        c.sysProbeWrite(tss(c), is16(c.segmentAttributes[Seg.TR]) ? LIMIT16 + 1 : LIMIT32 + 1);
        long base = Descriptor.base(descriptor);
        c.sysProbeWrite(base, new16 ? LIMIT16 + 1 : LIMIT32 + 1);

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
        load(c, new16, kind == Kind.CALL);
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

    private static void load(Cpu c, boolean narrow, boolean nested) {
        long at = tss(c);
        int[] selectors = new int[Seg.LDTR + 1];
        int flags;
        if (narrow) {
            c.nextRip = c.sysLoad16(at + 0x0e);
            flags = (int) c.sysLoad16(at + 0x10);
            for (int i = 0; i < 8; i++) {
                c.r[i] = 0xffff_0000L | c.sysLoad16(at + 0x12 + 2 * i);
            }
            for (int segment = Seg.ES; segment <= Seg.DS; segment++) {
                selectors[segment] = (int) c.sysLoad16(at + 0x22 + 2 * segment);
            }
            selectors[Seg.LDTR] = (int) c.sysLoad16(at + 0x2a);
        } else {
            if ((c.cr0 & Bits.CR0_PG) != 0) {
                c.cr3 = c.sysLoad32(at + CR3);
            }
            c.nextRip = c.sysLoad32(at + 0x20);
            flags = (int) c.sysLoad32(at + 0x24);
            for (int i = 0; i < 8; i++) {
                c.r[i] = c.sysLoad32(at + 0x28 + 4 * i);
            }
            for (int segment = Seg.ES; segment <= Seg.GS; segment++) {
                selectors[segment] = (int) c.sysLoad16(at + 0x48 + 4 * segment);
            }
            selectors[Seg.LDTR] = (int) c.sysLoad16(at + 0x60);
            c.mmu.flushLocal();
        }
        c.cr0 |= Bits.CR0_TS;
        c.setFlags(nested ? flags | Bits.NT : flags);
        c.rip = c.nextRip;
        loadSegments(c, selectors);
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
        CodeTarget.checkOffset(c, code, c.nextRip);
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
