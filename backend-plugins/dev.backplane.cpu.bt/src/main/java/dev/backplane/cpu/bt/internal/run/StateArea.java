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

/**
 * What emitted code finds at the GS base, for one vCPU. While emitted code runs, the general registers and the arithmetic flags
 * of the guest are here and in host registers; everything else stays in {@link Cpu}, whose copies of them are stale until {@link
 * #leave}.
 */
public final class StateArea {
    /** The sixteen general registers, in the encoding's order. */
    public static final int REGISTERS = 0;
    /** Arithmetic flags: OF in bit 0 of the first byte, what LAHF gives in the second. */
    public static final int FLAGS = 0x80;
    /** Not zero: somebody wants the vCPU's thread. */
    public static final int POLL = 0x88;
    /** What the exit carries beside its data: an address, a target. */
    public static final int VALUE = 0x90;
    /** Where the exit's data are. */
    public static final int DATA = 0x98;

    public static final int KIND = 0xA0;
    public static final int FS_BASE = 0xA8;
    public static final int GS_BASE = 0xB0;
    /** A value that an instruction with two memory operands has read. */
    public static final int TEMPORARY = 0xB8;
    /** Instructions that may still be executed, where they are counted. */
    public static final int LEFT = 0xC0;

    /** The guest's MXCSR, and the JVM's. */
    public static final int MXCSR = 0xC8;

    public static final int HOST_MXCSR = 0xCC;
    /** EFLAGS.IF: 0 or 1. */
    public static final int INTERRUPTS = 0xD0;
    /** RFLAGS as PUSHF shows it, but for IF and the arithmetic flags. */
    public static final int SYSTEM_FLAGS = 0xD4;
    /** Not zero: an interrupt waits until they are enabled. */
    public static final int PENDING = 0xD8;
    /** The selectors of the segment registers, two bytes each. */
    public static final int SELECTORS = 0xE0;
    /** XMM0 to XMM15. */
    public static final int XMM = 0x100;

    /** The TLB of the current privilege, as emitted code has chosen it: see {@link Mmu#set}. */
    public static final int SET = 0x400;
    /** What emitted code did to the privilege last: {@link #STAYED}, {@link #ENTERED} or {@link #RETURNED}. */
    public static final int TRANSITION = 0x401;

    public static final int STAYED = 0;
    /** SYSCALL. */
    public static final int ENTERED = 1;
    /** SYSRET. */
    public static final int RETURNED = 2;
    /** Not zero: emitted code may execute SYSCALL. */
    public static final int SYSCALLS = 0x402;
    /** Not zero: emitted code may execute SYSRET. */
    public static final int SYSRETS = 0x403;
    /** Not zero: CR4.FSGSBASE. */
    public static final int BASES = 0x404;
    /** Not zero: CR4.SMAP. */
    public static final int SMAP = 0x405;
    /** What SYSCALL and SYSRET load into CS, and from bit 16 on into SS. */
    public static final int SYSCALL_SELECTORS = 0x408;

    public static final int SYSRET_SELECTORS = 0x40C;
    /** The flags that SYSCALL leaves: the complement of IA32_FMASK. */
    public static final int SYSCALL_FLAGS = 0x410;

    public static final int LSTAR = 0x418;
    public static final int KERNEL_GS_BASE = 0x420;

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

    private static final int MASKED = 0x1F80;
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
    private final Cpu c;

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

    int getInt(int displacement) {
        return memory.get(ValueLayout.JAVA_INT, displacement);
    }

    void put(int displacement, long value) {
        memory.set(ValueLayout.JAVA_LONG, displacement, value);
    }

    /** Before requests are looked at: what comes later polls again. */
    void clearPoll() {
        INT.setVolatile(memory, (long) POLL, 0);
    }

    /** Gives registers and flags to emitted code; with {@code simd} those of SSE too. */
    void enter(boolean simd) {
        memory.set(ValueLayout.JAVA_INT, MXCSR, simd ? c.mxcsr : MASKED);
        if (simd) {
            MemorySegment.copy(c.xmm, 0, memory, ValueLayout.JAVA_LONG, XMM, 32);
        }
        MemorySegment.copy(c.r, 0, memory, ValueLayout.JAVA_LONG, REGISTERS, 16);
        int flags = c.flags();
        memory.set(ValueLayout.JAVA_SHORT, FLAGS, (short)
                ((flags & (Bits.CF | Bits.PF | Bits.AF | Bits.ZF | Bits.SF) | 2) << 8 | flags >>> 11 & 1));
        int system = c.systemFlags;
        memory.set(ValueLayout.JAVA_BYTE, INTERRUPTS, (byte) (system >>> 9 & 1));
        memory.set(ValueLayout.JAVA_INT, SYSTEM_FLAGS, system & ~(Bits.IF | ELSEWHERE));
        memory.set(ValueLayout.JAVA_BYTE, PENDING, (byte) (c.pending & Registers.INTERRUPT));
        for (int s = 0; s < 6; s++) {
            memory.set(ValueLayout.JAVA_SHORT, SELECTORS + 2L * s, (short) c.selector[s]);
        }
        memory.set(ValueLayout.JAVA_LONG, FS_BASE, c.segmentBase[Seg.FS]);
        memory.set(ValueLayout.JAVA_LONG, GS_BASE, c.segmentBase[Seg.GS]);
        memory.set(ValueLayout.JAVA_LONG, KERNEL_GS_BASE, c.kernelGsBase);
        memory.set(ValueLayout.JAVA_SHORT, SET, (short) c.mmu.set());
        systemCalls();
    }

    /** What SYSCALL, SYSRET, STAC and the instructions on FS and GS bases depend on. */
    private void systemCalls() {
        boolean enabled = (c.efer & Bits.EFER_SCE) != 0;
        // The supervisor's TLB that emitted code chooses is the one without EFLAGS.AC.
        boolean sure = (c.fmask & Bits.AC) != 0 && c.lstar << c.canonicalShift >> c.canonicalShift == c.lstar;
        memory.set(ValueLayout.JAVA_BYTE, SYSCALLS, (byte) (enabled && sure ? 1 : 0));
        memory.set(ValueLayout.JAVA_BYTE, SYSRETS, (byte) (enabled && c.canonicalShift == 16 ? 1 : 0));
        memory.set(ValueLayout.JAVA_BYTE, BASES, (byte) ((c.cr4 & Bits.CR4_FSGSBASE) != 0 ? 1 : 0));
        memory.set(ValueLayout.JAVA_BYTE, SMAP, (byte) ((c.cr4 & Bits.CR4_SMAP) != 0 ? 1 : 0));
        memory.set(ValueLayout.JAVA_INT, SYSCALL_SELECTORS, SystemCalls.selectorsEntered(c));
        memory.set(ValueLayout.JAVA_INT, SYSRET_SELECTORS, SystemCalls.selectorsReturned(c));
        memory.set(ValueLayout.JAVA_INT, SYSCALL_FLAGS, ~(int) c.fmask | 2);
        memory.set(ValueLayout.JAVA_LONG, LSTAR, c.lstar);
    }

    /** Lets the {@code Cpu} follow where emitted code has changed the privilege. After each exit, before the {@code Cpu} is used. */
    void follow() {
        int moved = memory.get(ValueLayout.JAVA_SHORT, SET);
        if (moved == c.mmu.set()) {
            return;
        }
        int transition = moved >>> 8;
        if (transition == ENTERED) {
            SystemCalls.entered(c);
        } else if (transition == RETURNED) {
            SystemCalls.returned(c);
        }
        systemFlags();
        c.mmu.privilegeChanged();
        memory.set(ValueLayout.JAVA_SHORT, SET, (short) c.mmu.set());
    }

    private void systemFlags() {
        c.systemFlags = memory.get(ValueLayout.JAVA_INT, SYSTEM_FLAGS)
                | memory.get(ValueLayout.JAVA_BYTE, INTERRUPTS) << 9
                | c.systemFlags & ELSEWHERE;
    }

    /** Takes them back. */
    void leave(boolean simd) {
        if (simd) {
            c.mxcsr = memory.get(ValueLayout.JAVA_INT, MXCSR);
            MemorySegment.copy(memory, ValueLayout.JAVA_LONG, XMM, c.xmm, 0, 32);
        }
        MemorySegment.copy(memory, ValueLayout.JAVA_LONG, REGISTERS, c.r, 0, 16);
        systemFlags();
        c.segmentBase[Seg.FS] = memory.get(ValueLayout.JAVA_LONG, FS_BASE);
        c.segmentBase[Seg.GS] = memory.get(ValueLayout.JAVA_LONG, GS_BASE);
        c.kernelGsBase = memory.get(ValueLayout.JAVA_LONG, KERNEL_GS_BASE);
        int flags = memory.get(ValueLayout.JAVA_SHORT, FLAGS);
        c.setArithmeticFlags(flags >>> 8 & (Bits.CF | Bits.PF | Bits.AF | Bits.ZF | Bits.SF) | (flags & 1) << 11);
    }
}
