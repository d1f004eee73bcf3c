package dev.backplane.x86.system;

import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/** The checks on code segments that far transfers share (SDM 3A, 6.8.1). */
final class CodeTarget {
    private CodeTarget() {}

    /** The code segment of a direct transfer: of the current privilege, or conforming and not less privileged. */
    static long direct(Cpu c, int selector, long descriptor) {
        int attributes = Descriptor.attributes(descriptor);
        int dpl = Descriptor.dpl(attributes);
        boolean allowed =
                Descriptor.isConforming(attributes) ? dpl <= c.cpl : dpl == c.cpl && Selectors.rpl(selector) <= c.cpl;
        return checked(c, selector, descriptor, allowed);
    }

    /**
     * The code segment behind a call gate; its DPL, if lower than CPL and not conforming, is the new privilege.
     *
     * @param call whether a higher privilege may be entered, as CALL does and JMP does not
     */
    static long throughGate(Cpu c, int selector, boolean call) {
        if (Selectors.isNull(selector)) {
            throw c.fault(Vector.GP, 0);
        }
        long descriptor = Selectors.descriptor(c, selector, Vector.GP);
        int attributes = Descriptor.attributes(descriptor);
        int dpl = Descriptor.dpl(attributes);
        boolean allowed = dpl == c.cpl || dpl < c.cpl && (call || Descriptor.isConforming(attributes));
        boolean wrongWidth = Selectors.longMode(c) && (attributes & (Seg.L | Seg.DB)) != Seg.L;
        return checked(c, selector, descriptor, allowed && !wrongWidth);
    }

    /** The code segment to which RET or IRET goes: its RPL is the privilege after the return. */
    static long ofReturn(Cpu c, int selector) {
        if (Selectors.isNull(selector)) {
            throw c.fault(Vector.GP, 0);
        }
        long descriptor = Selectors.descriptor(c, selector, Vector.GP);
        int attributes = Descriptor.attributes(descriptor);
        int dpl = Descriptor.dpl(attributes);
        int rpl = Selectors.rpl(selector);
        boolean allowed = rpl >= c.cpl && (Descriptor.isConforming(attributes) ? dpl <= rpl : dpl == rpl);
        return checked(c, selector, descriptor, allowed);
    }

    private static long checked(Cpu c, int selector, long descriptor, boolean allowed) {
        int attributes = Descriptor.attributes(descriptor);
        boolean bothWidths = Selectors.longMode(c) && (attributes & (Seg.L | Seg.DB)) == (Seg.L | Seg.DB);
        if (!Descriptor.isCode(attributes) || !allowed || bothWidths) {
            throw c.fault(Vector.GP, selector & 0xfffc);
        }
        if (!Descriptor.present(attributes)) {
            throw c.fault(Vector.NP, selector & 0xfffc);
        }
        return descriptor;
    }

    static boolean is64(Cpu c, long descriptor) {
        return Selectors.longMode(c) && (Descriptor.attributes(descriptor) & Seg.L) != 0;
    }

    /** The instruction pointer of an entry point: #GP(0) unless it lies within its segment, which takes 32 bits of it. */
    static long offset(Cpu c, long descriptor, long offset) {
        boolean wide = is64(c, descriptor);
        long pointer = wide ? offset : offset & 0xffff_ffffL;
        if (wide ? !Selectors.canonical(c, pointer) : pointer > Descriptor.limit(descriptor)) {
            throw c.fault(Vector.GP, 0);
        }
        return pointer;
    }

    /** Loads CS; {@code c.cpl} follows. */
    static void enter(Cpu c, int selector, long descriptor, int privilege) {
        SegmentLoader.set(c, Seg.CS, selector & 0xfffc | privilege, descriptor);
        c.cpl = privilege;
    }

    /** Real and virtual-8086 mode: CS by its paragraph, the offset within the limit that CS has. */
    static void enterReal(Cpu c, int selector, long offset) {
        if (offset > c.segmentLimit[Seg.CS]) {
            throw c.fault(Vector.GP, 0);
        }
        SegmentLoader.loadReal(c, Seg.CS, selector);
        c.nextRip = offset;
    }
}
