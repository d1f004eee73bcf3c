package dev.backplane.x86.system;

import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/**
 * Loads segment registers with the checks of MOV, POP and the far pointer loads (SDM 2B, "MOV"; 3A, 6.5 to 6.8.1), in all
 * modes. Faults come before anything is changed. {@code Cpu.modeChanged()} is the caller's business.
 */
final class SegmentLoader {
    private static final int FLAT_LIMIT_16 = 0xffff;
    private static final int REAL_DATA = Seg.P | Seg.S | Seg.WRITABLE | Seg.ACCESSED;
    private static final int V86_DATA = REAL_DATA | Seg.DPL;

    private SegmentLoader() {}

    /** MOV, POP, LDS and their like: any of ES, SS, DS, FS, GS. */
    static void load(Cpu c, int segment, int selector) {
        if (!c.protectedMode()) {
            loadReal(c, segment, selector);
        } else if (segment == Seg.SS) {
            loadStack(c, selector);
        } else {
            loadData(c, segment, selector, Vector.GP);
        }
    }

    /** Real mode keeps the limit that is there ("unreal mode" lives from it); virtual-8086 mode fixes all (21.2). */
    static void loadReal(Cpu c, int segment, int selector) {
        int attributes = c.segmentAttributes[segment];
        c.selector[segment] = selector;
        c.segmentBase[segment] = (long) selector << 4;
        if (c.virtual8086()) {
            c.segmentLimit[segment] = FLAT_LIMIT_16;
            c.segmentAttributes[segment] = V86_DATA;
        } else {
            if ((attributes & Seg.UNUSABLE) != 0) {
                c.segmentLimit[segment] = FLAT_LIMIT_16;
                attributes = 0;
            }
            c.segmentAttributes[segment] = attributes & (Seg.DB | Seg.G | Seg.AVL) | REAL_DATA;
        }
    }

    /**
     * ES, DS, FS and GS in protected and long mode.
     *
     * @param vector #GP, or #TS where the selector comes from a TSS
     */
    static void loadData(Cpu c, int segment, int selector, int vector) {
        if (Selectors.isNull(selector)) {
            setNull(c, segment, selector);
            return;
        }
        long descriptor = Selectors.descriptor(c, selector, vector);
        int attributes = Descriptor.attributes(descriptor);
        int error = selector & 0xfffc;
        if (!Descriptor.isReadable(attributes)) {
            throw c.fault(vector, error);
        }
        if (!Descriptor.isConforming(attributes)
                && Math.max(Selectors.rpl(selector), c.cpl) > Descriptor.dpl(attributes)) {
            throw c.fault(vector, error);
        }
        if (!Descriptor.present(attributes)) {
            throw c.fault(Vector.NP, error);
        }
        Selectors.access(c, selector, attributes);
        set(c, segment, selector, descriptor);
    }

    private static void loadStack(Cpu c, int selector) {
        if (Selectors.isNull(selector)) {
            if (!c.long64 || c.cpl == 3 || Selectors.rpl(selector) != c.cpl) {
                throw c.fault(Vector.GP, 0);
            }
            setNullStack(c, selector, c.cpl);
            return;
        }
        long descriptor = stack(c, selector, c.cpl, Vector.GP);
        set(c, Seg.SS, selector, descriptor);
    }

    /**
     * The descriptor of a stack segment for a privilege, checked and marked as accessed; the selector is not null.
     *
     * @param vector #GP, or #TS where the selector comes from a TSS
     */
    static long stack(Cpu c, int selector, int privilege, int vector) {
        long descriptor = Selectors.descriptor(c, selector, vector);
        int attributes = Descriptor.attributes(descriptor);
        int error = selector & 0xfffc;
        if (Selectors.rpl(selector) != privilege
                || Descriptor.dpl(attributes) != privilege
                || !Descriptor.isWritableData(attributes)) {
            throw c.fault(vector, error);
        }
        if (!Descriptor.present(attributes)) {
            throw c.fault(Vector.SS, error);
        }
        Selectors.access(c, selector, attributes);
        return descriptor;
    }

    /** Fills a segment register from a descriptor that was checked. */
    static void set(Cpu c, int segment, int selector, long descriptor) {
        c.selector[segment] = selector;
        c.segmentBase[segment] = Descriptor.base(descriptor);
        c.segmentLimit[segment] = Descriptor.limit(descriptor);
        c.segmentAttributes[segment] = Descriptor.attributes(descriptor) | Seg.ACCESSED;
    }

    /** A null selector makes the segment unusable and its base zero. */
    static void setNull(Cpu c, int segment, int selector) {
        c.selector[segment] = selector;
        c.segmentBase[segment] = 0;
        c.segmentLimit[segment] = 0;
        c.segmentAttributes[segment] = Seg.UNUSABLE;
    }

    /** The null SS of long mode, whose DPL is the privilege (7.14.4). */
    static void setNullStack(Cpu c, int selector, int privilege) {
        setNull(c, Seg.SS, selector);
        c.segmentAttributes[Seg.SS] = Seg.UNUSABLE | privilege << Seg.DPL_SHIFT;
    }

    /** A flat segment as SYSCALL, SYSENTER and their returns make without looking at a table. */
    static void setFlat(Cpu c, int segment, int selector, int attributes) {
        c.selector[segment] = selector & 0xffff;
        c.segmentBase[segment] = 0;
        c.segmentLimit[segment] = 0xffff_ffffL;
        c.segmentAttributes[segment] = attributes;
    }

    /** On a return to an outer ring: segments that it may not use become null (6.8.6 of RET, IRET). */
    static void dropPrivileged(Cpu c) {
        for (int segment = Seg.ES; segment <= Seg.GS; segment++) {
            if (segment == Seg.CS || segment == Seg.SS) {
                continue;
            }
            int attributes = c.segmentAttributes[segment];
            if ((attributes & Seg.UNUSABLE) == 0
                    && Descriptor.isPrivileged(attributes)
                    && Descriptor.dpl(attributes) < c.cpl) {
                setNull(c, segment, 0);
            }
        }
    }

    /** LLDT (privilege and mode are checked by the caller). */
    static void loadLdt(Cpu c, int selector) {
        if (Selectors.isNull(selector)) {
            setNull(c, Seg.LDTR, selector);
            return;
        }
        int error = selector & 0xfffc;
        if ((selector & 4) != 0) {
            throw c.fault(Vector.GP, error);
        }
        long descriptor = Selectors.descriptor(c, selector, Vector.GP);
        int attributes = Descriptor.attributes(descriptor);
        if ((attributes & (Seg.S | Seg.TYPE)) != Descriptor.LDT) {
            throw c.fault(Vector.GP, error);
        }
        long upper = Selectors.longMode(c) ? Selectors.upper(c, selector, Vector.GP) : 0;
        if (!Descriptor.present(attributes)) {
            throw c.fault(Vector.NP, error);
        }
        checkCanonical(c, selector, upper);
        setSystem(c, Seg.LDTR, selector, descriptor, upper, attributes);
    }

    /** LTR (privilege and mode are checked by the caller): marks the TSS busy. */
    static void loadTask(Cpu c, int selector) {
        int error = selector & 0xfffc;
        if (error == 0) {
            throw c.fault(Vector.GP, 0);
        }
        if ((selector & 4) != 0) {
            throw c.fault(Vector.GP, error);
        }
        long descriptor = Selectors.descriptor(c, selector, Vector.GP);
        int attributes = Descriptor.attributes(descriptor);
        int type = attributes & (Seg.S | Seg.TYPE);
        if (type != Descriptor.TSS && (type != Descriptor.TSS16 || Selectors.longMode(c))) {
            throw c.fault(Vector.GP, error);
        }
        long upper = Selectors.longMode(c) ? Selectors.upper(c, selector, Vector.GP) : 0;
        if (!Descriptor.present(attributes)) {
            throw c.fault(Vector.NP, error);
        }
        checkCanonical(c, selector, upper);
        Selectors.mark(c, selector, Descriptor.BUSY);
        setSystem(c, Seg.TR, selector, descriptor, upper, attributes | Descriptor.BUSY);
    }

    private static void checkCanonical(Cpu c, int selector, long upper) {
        if (!Selectors.canonicalBase(c, upper << 32)) {
            throw c.fault(Vector.GP, selector & 0xfffc);
        }
    }

    private static void setSystem(Cpu c, int register, int selector, long descriptor, long upper, int attributes) {
        long base = Descriptor.base(descriptor) | upper << 32;
        c.selector[register] = selector;
        c.segmentBase[register] = base;
        c.segmentLimit[register] = Descriptor.limit(descriptor);
        c.segmentAttributes[register] = attributes;
    }
}
