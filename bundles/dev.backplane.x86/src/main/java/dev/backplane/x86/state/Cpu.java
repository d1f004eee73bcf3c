package dev.backplane.x86.state;

import static dev.backplane.x86.state.Bits.CR0_PE;
import static dev.backplane.x86.state.Bits.EFER_LMA;

import dev.backplane.x86.mmu.GuestRam;
import dev.backplane.x86.mmu.MemoryPort;

/**
 * One virtual processor: its registers, its view of memory and what is derived from both. Everything runs on the vCPU's
 * thread.
 */
public final class Cpu extends MemoryPort {
    // Bits of mode: what decoded code depends on.
    public static final int CODE16 = 0;
    public static final int CODE32 = 1;
    public static final int CODE64 = 2;
    public static final int CODE_SIZE = 3;
    /** CR0.TS or CR0.EM: x87 and MMX instructions fault. */
    public static final int NO_FPU = 1 << 2;
    /** CR0.TS, CR0.EM or no CR4.OSFXSR: SSE instructions fault. */
    public static final int NO_SSE = 1 << 3;
    /** All segments are flat: 32-bit code whose data segments have base 0 and no limit. */
    public static final int FLAT = 1 << 4;

    /** The code segment ends below 4 GiB: code near its end is looked at instruction by instruction. */
    public static final int LIMITED = 1 << 5;

    /** CR0.TS, or no CR4.OSXSAVE or XCR0.AVX, or {@link #NO_VEX}: instructions on vectors with a VEX prefix fault. */
    public static final int NO_AVX = 1 << 6;

    /** Real or virtual-8086 mode: a VEX prefix is #UD. */
    public static final int NO_VEX = 1 << 7;

    /** No block of decoded code has more bytes. */
    public static final int LONGEST_BLOCK = 544;

    /** XCR0's bits for SSE and AVX. */
    private static final long XCR0_AVX = 6;

    /** Number of this vCPU in its partition, from 0. */
    public final int index;

    /** What the decoded form of code depends on, and with it the key of a block: see the bits above. */
    public int mode;
    /** Mask of the instruction pointer: 16, 32 or 64 bits. */
    public long ipMask;
    /** Mask of the stack pointer: 16, 32 or 64 bits. */
    public long stackMask;
    /** With {@link #LIMITED}: a block that starts up to here cannot reach the end of the code segment. */
    public long lastBlockStart;

    /** Long mode with a 64-bit code segment. */
    public boolean long64;

    /** The processor as reset leaves it, but for the registers that {@code system} sets. */
    public Cpu(GuestRam guestRam, Platform platform, int index) {
        super(guestRam, platform, index);
        this.index = index;
        dr[6] = 0xFFFF0FF0L;
        dr[7] = 0x400;
        modeChanged();
    }

    /**
     * Works out everything that depends on CR0, CR4, XCR0, EFER, CS, SS, the data segments' flatness, CPL, EFLAGS.AC and VM, DR7. To be
     * called after any of them changed; the instruction that does so ends its block.
     */
    public void modeChanged() {
        boolean longMode = (efer & EFER_LMA) != 0;
        int code = segmentAttributes[Seg.CS];
        long64 = longMode && (code & Seg.L) != 0;
        int size = long64 ? CODE64 : protectedMode() && (code & Seg.DB) != 0 ? CODE32 : CODE16;
        ipMask = long64 ? -1L : 0xFFFFFFFFL;
        stackMask = long64 ? -1L : (segmentAttributes[Seg.SS] & Seg.DB) != 0 ? 0xFFFFFFFFL : 0xFFFFL;
        int newMode = size;
        if ((cr0 & (Bits.CR0_TS | Bits.CR0_EM)) != 0) {
            newMode |= NO_FPU | NO_SSE;
        }
        if ((cr4 & Bits.CR4_OSFXSR) == 0) {
            newMode |= NO_SSE;
        }
        if ((cr0 & Bits.CR0_TS) != 0 || !avxEnabled()) {
            newMode |= NO_AVX;
        }
        if (!protectedMode()) {
            newMode |= NO_VEX;
        }
        if (size == CODE32 && flat()) {
            newMode |= FLAT;
        }
        if (!long64 && segmentLimit[Seg.CS] != 0xFFFFFFFFL) {
            newMode |= LIMITED;
            lastBlockStart = segmentLimit[Seg.CS] - LONGEST_BLOCK;
        }
        mode = newMode;
        canonicalShift = (cr4 & Bits.CR4_LA57) != 0 ? 64 - 57 : 64 - 48;
        mmu.privilegeChanged();
        if (debugging || (dr[7] & 0xFF) != 0) {
            mmu.breakpointsChanged();
        }
    }

    private boolean flat() {
        for (int s : new int[] {Seg.ES, Seg.CS, Seg.SS, Seg.DS}) {
            int attributes = segmentAttributes[s];
            if (segmentBase[s] != 0
                    || segmentLimit[s] != 0xFFFFFFFFL
                    || (attributes & (Seg.UNUSABLE | Seg.EXPAND_DOWN)) != 0
                    || s != Seg.CS && (attributes & Seg.WRITABLE) == 0) {
                return false;
            }
        }
        return true;
    }

    /** CR0.PE, and not virtual-8086 mode. */
    public boolean protectedMode() {
        return (cr0 & CR0_PE) != 0 && (systemFlags & Bits.VM) == 0;
    }

    /** Virtual-8086 mode. */
    public boolean virtual8086() {
        return (systemFlags & Bits.VM) != 0;
    }

    /** Instructions with a VEX prefix may use vectors: the mode has them, and the operating system keeps their state. */
    public boolean avxEnabled() {
        return protectedMode() && (cr4 & Bits.CR4_OSXSAVE) != 0 && (xcr0 & XCR0_AVX) == XCR0_AVX;
    }

    /** The I/O privilege level. */
    public int iopl() {
        return systemFlags >>> Bits.IOPL_SHIFT & 3;
    }

    /** The linear address of a segment's byte, in any mode; limits are not checked. */
    public long linear(int segment, long offset) {
        if (long64) {
            return segment == Seg.FS || segment == Seg.GS ? offset + segmentBase[segment] : offset;
        }
        return offset + segmentBase[segment] & 0xFFFFFFFFL;
    }
}
