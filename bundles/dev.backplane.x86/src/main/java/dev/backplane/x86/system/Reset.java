package dev.backplane.x86.system;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import java.util.Arrays;

/** Registers after power-on and INIT (SDM 3A, table 11-1), and after a start-up message. */
final class Reset {
    private static final int DATA = Seg.P | Seg.S | Seg.WRITABLE | Seg.ACCESSED;
    private static final int CODE = DATA | Seg.CODE;
    private static final long LIMIT = 0xffff;
    /** Family, model and stepping, which EDX holds after a reset. */
    private static final long SIGNATURE = 0x0001_06a3;

    private Reset() {}

    static void powerOn(Cpu c) {
        init(c);
        c.cr0 = Bits.CR0_ET | Bits.CR0_NW | Bits.CR0_CD;
        c.xcr0 = 1;
        c.mxcsr = 0x1f80;
        Arrays.fill(c.xmm, 0);
        Arrays.fill(c.ymm, 0);
        c.fpu.control = 0x40;
        c.fpu.status = 0;
        c.fpu.valid = 0xff;
        Arrays.fill(c.fpu.significand, 0);
        Arrays.fill(c.fpu.signExponent, 0);
    }

    static void init(Cpu c) {
        Arrays.fill(c.r, 0, 16, 0);
        c.r[Gpr.RDX] = SIGNATURE;
        c.setFlags(2);
        c.rip = 0xfff0;
        for (int segment = Seg.ES; segment <= Seg.GS; segment++) {
            set(c, segment, 0, 0, segment == Seg.CS ? CODE : DATA);
        }
        set(c, Seg.CS, 0xf000, 0xffff_0000L, CODE);
        set(c, Seg.LDTR, 0, 0, Seg.P | Descriptor.LDT);
        set(c, Seg.TR, 0, 0, Seg.P | Descriptor.TSS_BUSY);
        c.gdtBase = 0;
        c.gdtLimit = 0xffff;
        c.idtBase = 0;
        c.idtLimit = 0xffff;
        c.cpl = 0;
        // CD and NW keep their values at INIT.
        c.cr0 = c.cr0 & (Bits.CR0_NW | Bits.CR0_CD) | Bits.CR0_ET;
        c.cr2 = 0;
        c.cr3 = 0;
        c.cr4 = 0;
        c.efer = 0;
        Arrays.fill(c.dr, 0);
        c.dr[6] = 0xffff_0ff0L;
        c.dr[7] = 0x400;
        c.interruptShadow = false;
        c.stackShadow = false;
        c.nmiMasked = false;
        c.halted = false;
        c.mmu.flushAll();
        c.modeChanged();
    }

    static void startUp(Cpu c, int vector) {
        set(c, Seg.CS, vector << 8, (long) vector << 12, CODE);
        c.rip = 0;
        c.halted = false;
        c.modeChanged();
    }

    private static void set(Cpu c, int segment, int selector, long base, int attributes) {
        c.selector[segment] = selector;
        c.segmentBase[segment] = base;
        c.segmentLimit[segment] = LIMIT;
        c.segmentAttributes[segment] = attributes;
    }
}
