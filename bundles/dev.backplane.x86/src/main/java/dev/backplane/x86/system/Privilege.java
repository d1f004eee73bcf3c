package dev.backplane.x86.system;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;

/** The conditions under which system instructions exist at all. */
final class Privilege {
    private Privilege() {}

    /** #GP(0) unless the current privilege level is 0. */
    static void ring0(Cpu c) {
        if (c.cpl != 0) {
            throw c.fault(Vector.GP, 0);
        }
    }

    /** #UD in real and virtual-8086 mode. */
    static void protectedMode(Cpu c) {
        if (!c.protectedMode()) {
            throw c.undefined();
        }
    }

    /** CR4.UMIP keeps the addresses of system tables from user mode (SDM 3A, 2.5). */
    static void tablesVisible(Cpu c) {
        if (c.cpl > 0 && (c.cr4 & Bits.CR4_UMIP) != 0) {
            throw c.fault(Vector.GP, 0);
        }
    }

    /** #UD unless a bit of CR4 is set. */
    static void enabled(Cpu c, long cr4Bit) {
        if ((c.cr4 & cr4Bit) == 0) {
            throw c.undefined();
        }
    }
}
