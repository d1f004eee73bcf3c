package dev.backplane.x86.fpu;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;

/** The exceptions by which x87 and MMX instructions do not begin (SDM volume 3A, 2.5 and 6.15). */
public final class X87Traps {
    private X87Traps() {}

    /**
     * Throws #MF if an unmasked exception is pending. With CR0.NE clear it would go out on the FERR pin, which nobody wires any
     * more: it is then ignored.
     */
    public static void check(Cpu c) {
        if (c.fpu.isExceptionPending() && (c.cr0 & Bits.CR0_NE) != 0) {
            throw c.fault(Vector.MF, -1);
        }
    }
}
