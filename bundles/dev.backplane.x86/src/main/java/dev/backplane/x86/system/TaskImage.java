package dev.backplane.x86.system;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;

/** What a task-state segment holds of a task (SDM 3A, 9.2.1 and 9.6), read in one go before anything is loaded. */
final class TaskImage {
    /** EFLAGS bits that exist. */
    private static final int FLAGS = Bits.ARITHMETIC
            | Bits.TF
            | Bits.IF
            | Bits.DF
            | Bits.IOPL
            | Bits.NT
            | Bits.RF
            | Bits.VM
            | Bits.AC
            | Bits.VIF
            | Bits.VIP
            | Bits.ID;

    /** The 80286's form. */
    final boolean narrow;

    final long cr3;
    final long rip;
    final int flags;
    final long[] general = new long[8];
    /** By {@link Seg}; FS and GS are null in the 80286's form. */
    final int[] selectors = new int[Seg.LDTR + 1];

    private TaskImage(Cpu c, long at, boolean narrow) {
        this.narrow = narrow;
        if (narrow) {
            cr3 = 0;
            rip = c.sysLoad16(at + 0x0e);
            flags = (int) c.sysLoad16(at + 0x10) & FLAGS;
            for (int i = 0; i < 8; i++) {
                general[i] = 0xffff_0000L | c.sysLoad16(at + 0x12 + 2 * i);
            }
            for (int segment = Seg.ES; segment <= Seg.DS; segment++) {
                selectors[segment] = (int) c.sysLoad16(at + 0x22 + 2 * segment);
            }
            selectors[Seg.LDTR] = (int) c.sysLoad16(at + 0x2a);
        } else {
            cr3 = c.sysLoad32(at + 0x1c);
            rip = c.sysLoad32(at + 0x20);
            flags = (int) c.sysLoad32(at + 0x24) & FLAGS;
            for (int i = 0; i < 8; i++) {
                general[i] = c.sysLoad32(at + 0x28 + 4 * i);
            }
            for (int segment = Seg.ES; segment <= Seg.GS; segment++) {
                selectors[segment] = (int) c.sysLoad16(at + 0x48 + 4 * segment);
            }
            selectors[Seg.LDTR] = (int) c.sysLoad16(at + 0x60);
        }
    }

    static TaskImage read(Cpu c, long base, boolean narrow) {
        return new TaskImage(c, base, narrow);
    }
}
