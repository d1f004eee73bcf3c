package dev.backplane.cpu.bt.internal.run;

import dev.backplane.cpu.bt.internal.host.StateMemory;
import dev.backplane.x86.mmu.Mmu;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Registers;
import dev.backplane.x86.state.Seg;
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
    /** The system flags as PUSHF shows them, but for IF. */
    public static final int SYSTEM_FLAGS = 0xD4;
    /** Not zero: an interrupt waits until they are enabled. */
    public static final int PENDING = 0xD8;
    /** The selectors of the segment registers, two bytes each. */
    public static final int SELECTORS = 0xE0;
    /** XMM0 to XMM15. */
    public static final int XMM = 0x100;

    private static final int MASKED = 0x1F80;

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
        memory.set(ValueLayout.JAVA_INT, SYSTEM_FLAGS, system & ~(Bits.IF | Bits.RF | Bits.VM));
        memory.set(ValueLayout.JAVA_BYTE, PENDING, (byte) (c.pending & Registers.INTERRUPT));
        for (int s = 0; s < 6; s++) {
            memory.set(ValueLayout.JAVA_SHORT, SELECTORS + 2L * s, (short) c.selector[s]);
        }
        memory.set(ValueLayout.JAVA_LONG, FS_BASE, c.segmentBase[Seg.FS]);
        memory.set(ValueLayout.JAVA_LONG, GS_BASE, c.segmentBase[Seg.GS]);
    }

    /** Takes them back. */
    void leave(boolean simd) {
        if (simd) {
            c.mxcsr = memory.get(ValueLayout.JAVA_INT, MXCSR);
            MemorySegment.copy(memory, ValueLayout.JAVA_LONG, XMM, c.xmm, 0, 32);
        }
        MemorySegment.copy(memory, ValueLayout.JAVA_LONG, REGISTERS, c.r, 0, 16);
        c.systemFlags = c.systemFlags & ~Bits.IF | memory.get(ValueLayout.JAVA_BYTE, INTERRUPTS) << 9;
        int flags = memory.get(ValueLayout.JAVA_SHORT, FLAGS);
        c.setArithmeticFlags(flags >>> 8 & (Bits.CF | Bits.PF | Bits.AF | Bits.ZF | Bits.SF) | (flags & 1) << 11);
    }
}
