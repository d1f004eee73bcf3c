package dev.backplane.x86.system;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/**
 * SYSCALL, SYSRET, SYSENTER and SYSEXIT as Intel's processors do them: SYSCALL exists in 64-bit mode only (SDM 2B). {@code
 * c.nextRip} becomes the target.
 */
public final class SystemCalls {
    private static final int CODE = Seg.P | Seg.S | Seg.CODE | Seg.WRITABLE | Seg.ACCESSED | Seg.G;
    private static final int CODE64 = CODE | Seg.L;
    private static final int CODE32 = CODE | Seg.DB;
    private static final int STACK = Seg.P | Seg.S | Seg.WRITABLE | Seg.ACCESSED | Seg.G | Seg.DB;
    private static final int USER = Seg.DPL;
    /** RFLAGS that SYSRET takes from R11: all but RF and VM. */
    private static final int SYSRET_FLAGS = 0x003c_7fd7;

    private SystemCalls() {}

    static void syscall(Cpu c) {
        if (!c.long64 || (c.efer & Bits.EFER_SCE) == 0) {
            throw c.undefined();
        }
        int flags = c.flags();
        c.r[Gpr.RCX] = c.nextRip;
        c.r[Gpr.R11] = flags & ~Bits.RF;
        entered(c);
        c.setFlags(flags & ~(int) c.fmask & ~Bits.RF);
        c.nextRip = c.lstar;
        c.modeChanged();
    }

    static void sysret(Cpu c, boolean wide) {
        if (!c.long64 || (c.efer & Bits.EFER_SCE) == 0) {
            throw c.undefined();
        }
        Privilege.ring0(c);
        long target = wide ? c.r[Gpr.RCX] : c.r[Gpr.RCX] & 0xffff_ffffL;
        if (!Selectors.canonical(c, target)) {
            throw c.fault(Vector.GP, 0);
        }
        if (wide) {
            returned(c);
        } else {
            int base = (int) (c.star >>> 48);
            leave(c, base, base + 8, false);
        }
        c.setFlags((int) c.r[Gpr.R11] & SYSRET_FLAGS);
        c.nextRip = target;
        c.modeChanged();
    }

    static void sysenter(Cpu c) {
        int selector = (int) c.sysenterCs & 0xfffc;
        if ((c.cr0 & Bits.CR0_PE) == 0 || selector == 0) {
            throw c.fault(Vector.GP, 0);
        }
        boolean longMode = Selectors.longMode(c);
        enter(c, selector, longMode ? CODE64 : CODE32);
        c.r[Gpr.RSP] = longMode ? c.sysenterEsp : c.sysenterEsp & 0xffff_ffffL;
        c.nextRip = longMode ? c.sysenterEip : c.sysenterEip & 0xffff_ffffL;
        c.systemFlags &= ~(Bits.VM | Bits.IF | Bits.RF);
        c.modeChanged();
    }

    static void sysexit(Cpu c, boolean wide) {
        int selector = (int) c.sysenterCs & 0xfffc;
        if ((c.cr0 & Bits.CR0_PE) == 0 || selector == 0) {
            throw c.fault(Vector.GP, 0);
        }
        Privilege.ring0(c);
        long mask = wide ? -1L : 0xffff_ffffL;
        long target = c.r[Gpr.RDX] & mask;
        long pointer = c.r[Gpr.RCX] & mask;
        if (wide && !(Selectors.canonical(c, target) && Selectors.canonical(c, pointer))) {
            throw c.fault(Vector.GP, 0);
        }
        int code = wide ? selector + 32 : selector + 16;
        leave(c, code, code + 8, wide);
        c.r[Gpr.RSP] = pointer;
        c.nextRip = target;
        c.modeChanged();
    }

    /** The selectors that SYSCALL loads: that of CS, and from bit 16 on that of SS. */
    public static int selectorsEntered(Cpu c) {
        int selector = (int) (c.star >>> 32) & 0xfffc;
        return selector | selector + 8 << 16;
    }

    /** The same of SYSRET to 64-bit code. */
    public static int selectorsReturned(Cpu c) {
        int base = (int) (c.star >>> 48);
        return (base + 16 | 3) & 0xffff | (base + 8 | 3) << 16;
    }

    /** Segments and privilege as SYSCALL leaves them. */
    public static void entered(Cpu c) {
        enter(c, (int) (c.star >>> 32) & 0xfffc, CODE64);
    }

    /** Segments and privilege as SYSRET to 64-bit code leaves them. */
    public static void returned(Cpu c) {
        int base = (int) (c.star >>> 48);
        leave(c, base + 16, base + 8, true);
    }

    private static void enter(Cpu c, int selector, int codeAttributes) {
        SegmentLoader.setFlat(c, Seg.CS, selector, codeAttributes);
        SegmentLoader.setFlat(c, Seg.SS, selector + 8, STACK);
        c.cpl = 0;
    }

    private static void leave(Cpu c, int codeSelector, int stackSelector, boolean wide) {
        SegmentLoader.setFlat(c, Seg.CS, codeSelector | 3, (wide ? CODE64 : CODE32) | USER);
        SegmentLoader.setFlat(c, Seg.SS, stackSelector | 3, STACK | USER);
        c.cpl = 3;
    }
}
