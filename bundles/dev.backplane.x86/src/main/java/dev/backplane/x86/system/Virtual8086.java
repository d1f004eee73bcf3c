package dev.backplane.x86.system;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/**
 * INT n in virtual-8086 mode (SDM 3B, 22.3.3 and table 22-2): with the mode's extensions (CR4.VME) a map in the task-state
 * segment says which interrupts the program handles itself, through the table at linear address 0. One per vCPU.
 */
final class Virtual8086 {
    private static final int MAP_BASE = 0x66;
    /** The map of interrupts lies before the map of ports. */
    private static final int MAP_BYTES = 32;

    private final StackWriter stack = new StackWriter();

    /** Enters the program's own handler, and returns true; or returns false where the interrupt goes through a gate; or #GP(0). */
    boolean interrupt(Cpu c, int vector) {
        boolean extended = (c.cr4 & Bits.CR4_VME) != 0;
        if (!extended || redirected(c, vector)) {
            if (c.iopl() < 3) {
                throw c.fault(Vector.GP, 0);
            }
            return false;
        }
        enter(c, vector);
        return true;
    }

    /** Whether the map sends a vector to protected mode. */
    private static boolean redirected(Cpu c, int vector) {
        long limit = c.segmentLimit[Seg.TR];
        if ((c.segmentAttributes[Seg.TR] & 0xd) != Descriptor.TSS || limit < MAP_BASE + 1) {
            throw c.fault(Vector.GP, 0);
        }
        long base = c.segmentBase[Seg.TR];
        long at = c.sysLoad16(Selectors.linear(c, base + MAP_BASE)) - MAP_BYTES + (vector >>> 3);
        if (at < 0 || at > limit) {
            throw c.fault(Vector.GP, 0);
        }
        return (c.sysLoad8(Selectors.linear(c, base + at)) >>> (vector & 7) & 1) != 0;
    }

    private void enter(Cpu c, int vector) {
        int flags = c.flags();
        boolean virtual = c.iopl() < 3;
        int shown = virtual ? flags & ~Bits.IF | Bits.IOPL | ((flags & Bits.VIF) != 0 ? Bits.IF : 0) : flags;
        long entry = c.sysLoad32(4L * vector);
        stack.current(c);
        stack.push(c, 2, shown & 0xffff);
        stack.push(c, 2, c.selector[Seg.CS]);
        stack.push(c, 2, c.nextRip & 0xffff);
        c.r[Gpr.RSP] = stack.merge(c.r[Gpr.RSP]);
        SegmentLoader.loadReal(c, Seg.CS, (int) (entry >>> 16));
        c.nextRip = entry & 0xffff;
        c.setFlags(flags & ~(Bits.TF | (virtual ? Bits.VIF : Bits.IF)));
        c.modeChanged();
    }

    /** What IRET of 16 bits leaves of the flags that it popped, where IOPL is below 3: VIF stands for IF. */
    static int returned(Cpu c, int popped) {
        boolean enable = (popped & Bits.IF) != 0;
        if ((popped & Bits.TF) != 0 || enable && (c.systemFlags & Bits.VIP) != 0) {
            throw c.fault(Vector.GP, 0);
        }
        return popped & ~Bits.VIF | (enable ? Bits.VIF : 0);
    }
}
