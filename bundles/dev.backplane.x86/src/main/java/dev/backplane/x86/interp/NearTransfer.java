package dev.backplane.x86.interp;

import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/** What near branches have in common. */
final class NearTransfer {
    private NearTransfer() {}

    /** #GP(0) unless an instruction pointer is canonical, or within the code segment. */
    static void check(Cpu c, long target) {
        if (!isGood(c, target)) {
            throw c.fault(Vector.GP, 0);
        }
    }

    static boolean isGood(Cpu c, long target) {
        return c.long64 ? target << c.canonicalShift >> c.canonicalShift == target : target <= c.segmentLimit[Seg.CS];
    }
}
