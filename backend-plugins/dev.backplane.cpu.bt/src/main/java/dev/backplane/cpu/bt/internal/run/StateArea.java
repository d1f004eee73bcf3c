package dev.backplane.cpu.bt.internal.run;

import dev.backplane.cpu.bt.internal.host.StateMemory;
import dev.backplane.x86.mmu.Mmu;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Registers;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.system.SystemCalls;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * What emitted code finds at the GS base, for one vCPU. While emitted code runs, the general registers and the arithmetic flags
 * of the guest are here and in host registers; everything else stays in {@link Cpu}, whose copies of them are stale until {@link
 * #leave}.
 */
public final class StateArea {
    // What the Cpu has and emitted code only reads, but for what it does with privilege.
    /** The selectors of the segment registers, two bytes each. */
    public static final int SELECTORS = 0;
    /** The TLB of the current privilege, as emitted code has chosen it: see {@link Mmu#set}. */
    public static final int SET = 0x10;
    /** What emitted code did to the privilege last: {@link #STAYED}, {@link #ENTERED} or {@link #RETURNED}. */
    public static final int TRANSITION = SET + 1;

    public static final int STAYED = 0;
    /** SYSCALL. */
    public static final int ENTERED = 1;
    /** SYSRET. */
    public static final int RETURNED = 2;
    /** Not zero: emitted code may execute SYSCALL. */
    public static final int SYSCALLS = SET + 2;
    /** Not zero: emitted code may execute SYSRET. */
    public static final int SYSRETS = SET + 3;
    /** Not zero: CR4.FSGSBASE. */
    public static final int BASES = SET + 4;
    /** Not zero: CR4.SMAP. */
    public static final int SMAP = SET + 5;
    /** Not zero: an interrupt waits until they are enabled. */
    public static final int PENDING = SET + 6;
    /** Not zero: emitted code may execute IRET, which would let NMIs in again. */
    public static final int RETURNS = SET + 7;
    /** What SYSCALL and SYSRET load into CS, and from bit 16 on into SS. */
    public static final int SYSCALL_SELECTORS = 0x18;

    public static final int SYSRET_SELECTORS = 0x1C;
    /** The flags that SYSCALL leaves: the complement of IA32_FMASK. */
    public static final int SYSCALL_FLAGS = 0x20;

    public static final int LSTAR = 0x28;

    // What emitted code changes and the Cpu gets back.
    /** The sixteen general registers, in the encoding's order. */
    public static final int REGISTERS = 0x40;
    /** Arithmetic flags: OF in bit 0 of the first byte, what LAHF gives in the second. */
    public static final int FLAGS = 0xC0;

    public static final int FS_BASE = 0xC8;
    public static final int GS_BASE = 0xD0;
    public static final int KERNEL_GS_BASE = 0xD8;
    /** RFLAGS as PUSHF shows it, but for IF and the arithmetic flags. */
    public static final int SYSTEM_FLAGS = 0xE0;
    /** EFLAGS.IF: 0 or 1. */
    public static final int INTERRUPTS = SYSTEM_FLAGS + 4;
    /** The guest's MXCSR. */
    public static final int MXCSR = 0xE8;
    /** XMM0 to XMM15. */
    public static final int XMM = 0x100;

    private static final int XMM_END = XMM + 16 * 16;

    /** The upper halves of YMM0 to YMM15, where {@link #UPPERS_USED} says so. */
    public static final int UPPERS = XMM_END;

    // What is here only.
    /** Not zero: somebody wants the vCPU's thread. */
    public static final int POLL = 0x400;
    /** What an exit carries beside its data: an address, a target. */
    public static final int VALUE = 0x408;
    /** A value that an instruction with two memory operands has read. */
    public static final int TEMPORARY = 0x410;
    /** Instructions that may still be executed, where they are counted. */
    public static final int LEFT = 0x418;
    /** The JVM's MXCSR. */
    public static final int HOST_MXCSR = 0x420;

    // While the host executes a repeated string instruction: host addresses, elements, the guest's pointers, flags as
    // FLAGS.
    static final int STRINGS = 0x428;
    public static final int STRING_SOURCE = STRINGS;
    public static final int STRING_TARGET = 0x430;
    public static final int STRING_COUNT = 0x438;
    public static final int STRING_RSI = 0x440;
    public static final int STRING_RDI = 0x448;
    static final int STRINGS_END = 0x450;
    public static final int STRING_FLAGS = STRINGS_END;

    /** Not zero: an upper half of a YMM register may not be zero. Emitted code sets it before it gives one a value. */
    public static final int UPPERS_USED = 0x458;

    /** What IRET has found in its frame. */
    public static final int FRAME_RIP = 0x460;

    public static final int FRAME_RSP = 0x468;

    private static final int MASKED = 0x1F80;
    private static final int OF_SHIFT = 11;
    private static final int IF_SHIFT = 9;
    /** What of RFLAGS has no place here: TF and RF are 0 while emitted code runs, or nobody sees them. */
    private static final int ELSEWHERE = Bits.RF | Bits.VM;

    /** TLBs: {@link Mmu#mirror}. */
    public static final int TLBS = 0x1000;

    public static final int TLB_BYTES = Mmu.SLOTS * Mmu.SLOT_BYTES;

    /** For each TLB a jump cache: guest targets by their low bits, then the code for them. */
    public static final int JUMPS = TLBS + Mmu.SETS * TLB_BYTES + 0xFFFF & -0x10000;

    public static final int JUMP_SLOTS = 1 << 16;
    public static final int JUMP_TABLE = JUMP_SLOTS * 8;
    /** The size of the whole area. */
    public static final int BYTES = JUMPS + Mmu.SETS * 2 * JUMP_TABLE;

    private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

    /** Whether SSE instructions may be executed by the host: they neither fault nor trap. */
    static boolean simd(Cpu c) {
        return (c.mode & Cpu.NO_SSE) == 0 && (c.mxcsr & MASKED) == MASKED;
    }

    private final MemorySegment memory = StateMemory.map(BYTES);
    /** What goes to and from the begin of the area, in one piece each time: single accesses are slow before they are compiled. */
    private final long[] image = new long[XMM_END / 8];

    private final MemorySegment imageBytes = MemorySegment.ofArray(image);
    private final Cpu c;
    /** {@link #UPPERS_USED} may not be zero. */
    private boolean uppersNoted;
    /** Upper halves were given to emitted code. */
    private boolean uppersGiven;

    public StateArea(Cpu c) {
        this.c = c;
        var tlbs = new MemorySegment[Mmu.SETS];
        for (int n = 0; n < tlbs.length; n++) {
            tlbs[n] = memory.asSlice(TLBS + (long) n * TLB_BYTES, TLB_BYTES);
        }
        c.mmu.mirror(tlbs);
        c.whenRaised(() -> INT.setVolatile(memory, (long) POLL, 1));
    }

    /** The displacement of the targets in the jump cache of a TLB. */
    public static int targets(int set) {
        return JUMPS + set * 2 * JUMP_TABLE;
    }

    /** The displacement of the code in the jump cache of a TLB. */
    public static int codes(int set) {
        return targets(set) + JUMP_TABLE;
    }

    long address() {
        return memory.address();
    }

    long get(int displacement) {
        return memory.get(ValueLayout.JAVA_LONG, displacement);
    }

    void put(int displacement, long value) {
        memory.set(ValueLayout.JAVA_LONG, displacement, value);
    }

    /** Before requests are looked at: what comes later polls again. */
    void clearPoll() {
        if ((int) INT.getOpaque(memory, (long) POLL) != 0) {
            INT.setVolatile(memory, (long) POLL, 0);
        }
    }

    /** Gives registers and flags to emitted code; with {@code simd} those of SSE too. */
    void enter(boolean simd) {
        int[] selectors = c.selector;
        image[SELECTORS / 8] = selectors[0] & 0xFFFFL
                | (selectors[1] & 0xFFFFL) << 16
                | (selectors[2] & 0xFFFFL) << 32
                | (long) selectors[3] << 48;
        image[SELECTORS / 8 + 1] = selectors[4] & 0xFFFFL | (selectors[5] & 0xFFFFL) << 16;
        privilege();
        System.arraycopy(c.r, 0, image, REGISTERS / 8, 16);
        int flags = c.flags();
        image[FLAGS / 8] =
                (flags & (Bits.CF | Bits.PF | Bits.AF | Bits.ZF | Bits.SF) | 2) << 8 | flags >>> OF_SHIFT & 1;
        image[FS_BASE / 8] = c.segmentBase[Seg.FS];
        image[GS_BASE / 8] = c.segmentBase[Seg.GS];
        image[KERNEL_GS_BASE / 8] = c.kernelGsBase;
        int system = c.systemFlags;
        image[SYSTEM_FLAGS / 8] = system & ~(Bits.IF | ELSEWHERE) | (long) (system >>> IF_SHIFT & 1) << 32;
        image[MXCSR / 8] = simd ? c.mxcsr : MASKED;
        if (simd) {
            System.arraycopy(c.xmm, 0, image, XMM / 8, 32);
        }
        MemorySegment.copy(imageBytes, 0, memory, 0, simd ? XMM_END : XMM);
        if ((c.mode & Cpu.NO_AVX) == 0 || uppersNoted) {
            giveUppers(simd && (c.mode & Cpu.NO_AVX) == 0);
        }
    }

    private void giveUppers(boolean avx) {
        long any = 0;
        for (int n = 0; n < 32 && avx; n++) {
            any |= c.ymm[n];
        }
        uppersNoted = avx;
        uppersGiven = any != 0;
        put(UPPERS_USED, uppersGiven ? 1 : 0);
        if (uppersGiven) {
            MemorySegment.copy(c.ymm, 0, memory, ValueLayout.JAVA_LONG, UPPERS, 32);
        }
    }

    private void takeUppers() {
        if (get(UPPERS_USED) != 0) {
            MemorySegment.copy(memory, ValueLayout.JAVA_LONG, UPPERS, c.ymm, 0, 32);
        } else if (uppersGiven) {
            Arrays.fill(c.ymm, 0);
        }
    }

    /** The current TLB, and what SYSCALL, SYSRET, STAC and the instructions on FS and GS bases depend on. */
    private void privilege() {
        boolean enabled = (c.efer & Bits.EFER_SCE) != 0;
        // The supervisor's TLB that emitted code chooses is the one without EFLAGS.AC.
        boolean sure = (c.fmask & Bits.AC) != 0 && c.lstar << c.canonicalShift >> c.canonicalShift == c.lstar;
        image[SET / 8] = c.mmu.set()
                | bit(enabled && sure, SYSCALLS)
                | bit(enabled && c.canonicalShift == 16, SYSRETS)
                | bit((c.cr4 & Bits.CR4_FSGSBASE) != 0, BASES)
                | bit((c.cr4 & Bits.CR4_SMAP) != 0, SMAP)
                | bit((c.pending & Registers.INTERRUPT) != 0, PENDING)
                | bit(!c.nmiMasked, RETURNS);
        image[SYSCALL_SELECTORS / 8] =
                SystemCalls.selectorsEntered(c) & 0xFFFFFFFFL | (long) SystemCalls.selectorsReturned(c) << 32;
        image[SYSCALL_FLAGS / 8] = ~(int) c.fmask & 0xFFFFFFFFL | 2;
        image[LSTAR / 8] = c.lstar;
    }

    /** The byte at a displacement in the same long as {@link #SET}: 1 where a condition holds. */
    private static long bit(boolean condition, int displacement) {
        return condition ? 1L << 8 * (displacement - SET) : 0;
    }

    /**
     * Lets the {@code Cpu} follow where emitted code has changed the privilege. After each exit, before the {@code Cpu} is used.
     *
     * @param moved {@link #SET} and {@link #TRANSITION} at the exit
     */
    void follow(int moved) {
        if (moved == c.mmu.set()) {
            return;
        }
        int transition = moved >>> 8;
        if (transition == ENTERED) {
            SystemCalls.entered(c);
        } else if (transition == RETURNED) {
            SystemCalls.returned(c);
        }
        systemFlags(get(SYSTEM_FLAGS));
        c.mmu.privilegeChanged();
        memory.set(ValueLayout.JAVA_SHORT, SET, (short) c.mmu.set());
    }

    private void systemFlags(long flags) {
        c.systemFlags = (int) flags | (int) (flags >>> 32) << IF_SHIFT | c.systemFlags & ELSEWHERE;
    }

    /** Takes them back. */
    void leave(boolean simd) {
        MemorySegment.copy(memory, REGISTERS, imageBytes, REGISTERS, (simd ? XMM_END : XMM) - REGISTERS);
        if (simd) {
            c.mxcsr = (int) image[MXCSR / 8];
            System.arraycopy(image, XMM / 8, c.xmm, 0, 32);
        }
        if (uppersNoted) {
            takeUppers();
        }
        System.arraycopy(image, REGISTERS / 8, c.r, 0, 16);
        systemFlags(image[SYSTEM_FLAGS / 8]);
        c.segmentBase[Seg.FS] = image[FS_BASE / 8];
        c.segmentBase[Seg.GS] = image[GS_BASE / 8];
        c.kernelGsBase = image[KERNEL_GS_BASE / 8];
        int flags = (int) image[FLAGS / 8];
        c.setArithmeticFlags(flags >>> 8 & (Bits.CF | Bits.PF | Bits.AF | Bits.ZF | Bits.SF) | (flags & 1) << OF_SHIFT);
    }
}
