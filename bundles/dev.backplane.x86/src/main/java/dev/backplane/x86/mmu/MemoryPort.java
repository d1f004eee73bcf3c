package dev.backplane.x86.mmu;

import dev.backplane.x86.state.Platform;
import dev.backplane.x86.state.Registers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Guest memory as instructions see it: by linear address, with the rights of the current privilege, through the TLB. The
 * {@code sys} variants access memory as the processor itself does, with supervisor rights whatever the privilege
 * (descriptor tables, task state, stacks of inner rings). Values are zero-extended. A fault is thrown before anything is
 * changed.
 *
 * <p>Memory order is the guest architecture's: every load is an acquire and every store a release. Both are plain accesses of
 * the whole operand beside a fence, which costs no instruction where the host orders memory likewise, and keeps one path
 * for aligned and unaligned operands.
 */
public abstract class MemoryPort extends Registers {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();
    private static final VarHandle LONG =
            ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN).varHandle();

    private static final int PAGE = GuestRam.PAGE_BYTES;
    private static final int WRITE = Tlb.WRITE;
    private static final int ADDEND = Tlb.ADDEND;

    /** What is outside. */
    public final Platform platform;
    /** Page walks, flushes and everything that the fast paths here leave over. */
    public final Mmu mmu;
    /** The RAM, for bulk operations on offsets that {@link Mmu#resolve} gave. */
    public final MemorySegment ram;

    /** Entries of the TLB for explicit accesses at the current privilege. */
    long[] tlb;
    /** Entries of the TLB for supervisor accesses. */
    final long[] systemTlb;

    /** Where the read-modify-write access in progress is: offset in RAM; -1 = the slow way; below = -2 - offset in a guarded page. */
    private long modified;

    private long modifiedLinear;
    private boolean exclusive;

    /** Memory of vCPU {@code index} of a partition. */
    @SuppressWarnings("this-escape") // the MMU keeps the reference and uses it later
    protected MemoryPort(GuestRam guestRam, Platform platform, int index) {
        this.platform = platform;
        ram = guestRam.bytes;
        mmu = new Mmu(this, guestRam, index);
        systemTlb = mmu.entries(Mmu.SUPERVISOR);
        tlb = systemTlb;
    }

    // ---- loads ------------------------------------------------------------------------------------------------------

    public final long load8(long linear) {
        long[] t = tlb;
        int i = Tlb.slot(linear);
        if ((t[i] ^ linear) >>> GuestRam.PAGE_SHIFT == 0) {
            return get8(linear + t[i + ADDEND]);
        }
        return mmu.load(linear, 1);
    }

    public final long load16(long linear) {
        long[] t = tlb;
        int i = Tlb.slot(linear);
        if (Long.compareUnsigned(t[i] ^ linear, PAGE - 2) <= 0) {
            return get16(linear + t[i + ADDEND]);
        }
        return mmu.load(linear, 2);
    }

    public final long load32(long linear) {
        long[] t = tlb;
        int i = Tlb.slot(linear);
        if (Long.compareUnsigned(t[i] ^ linear, PAGE - 4) <= 0) {
            return get32(linear + t[i + ADDEND]);
        }
        return mmu.load(linear, 4);
    }

    public final long load64(long linear) {
        long[] t = tlb;
        int i = Tlb.slot(linear);
        if (Long.compareUnsigned(t[i] ^ linear, PAGE - 8) <= 0) {
            return get64(linear + t[i + ADDEND]);
        }
        return mmu.load(linear, 8);
    }

    /** Half of an operand of 16 bytes: as {@link #load64}, but never #AC. */
    public final long loadHalf(long linear) {
        long[] t = tlb;
        int i = Tlb.slot(linear);
        if (Long.compareUnsigned(t[i] ^ linear, PAGE - 8) <= 0) {
            return get64(linear + t[i + ADDEND]);
        }
        return mmu.loadPart(linear, 8);
    }

    /** An element of 4 or 8 bytes of a vector whose alignment does not matter: never #AC. */
    public final long loadElement(long linear, int size) {
        if (size == 8) {
            return loadHalf(linear);
        }
        long[] t = tlb;
        int i = Tlb.slot(linear);
        if (Long.compareUnsigned(t[i] ^ linear, PAGE - 4) <= 0) {
            return get32(linear + t[i + ADDEND]);
        }
        return mmu.loadPart(linear, 4);
    }

    /** A load of 1, 2, 4 or 8 bytes, for code where the size varies. */
    public final long load(long linear, int size) {
        return switch (size) {
            case 1 -> load8(linear);
            case 2 -> load16(linear);
            case 4 -> load32(linear);
            default -> load64(linear);
        };
    }

    // ---- stores -----------------------------------------------------------------------------------------------------

    public final void store8(long linear, long value) {
        long[] t = tlb;
        int i = Tlb.slot(linear);
        if ((t[i + WRITE] ^ linear) >>> GuestRam.PAGE_SHIFT == 0) {
            put8(linear + t[i + ADDEND], value);
        } else {
            mmu.store(linear, 1, value);
        }
    }

    public final void store16(long linear, long value) {
        long[] t = tlb;
        int i = Tlb.slot(linear);
        if (Long.compareUnsigned(t[i + WRITE] ^ linear, PAGE - 2) <= 0) {
            put16(linear + t[i + ADDEND], value);
        } else {
            mmu.store(linear, 2, value);
        }
    }

    public final void store32(long linear, long value) {
        long[] t = tlb;
        int i = Tlb.slot(linear);
        if (Long.compareUnsigned(t[i + WRITE] ^ linear, PAGE - 4) <= 0) {
            put32(linear + t[i + ADDEND], value);
        } else {
            mmu.store(linear, 4, value);
        }
    }

    public final void store64(long linear, long value) {
        long[] t = tlb;
        int i = Tlb.slot(linear);
        if (Long.compareUnsigned(t[i + WRITE] ^ linear, PAGE - 8) <= 0) {
            put64(linear + t[i + ADDEND], value);
        } else {
            mmu.store(linear, 8, value);
        }
    }

    /** Stores 16 bytes; faults before the first. Alignment is the caller's business. */
    public final void store128(long linear, long low, long high) {
        long[] t = tlb;
        int i = Tlb.slot(linear);
        if (Long.compareUnsigned(t[i + WRITE] ^ linear, PAGE - 16) <= 0) {
            long offset = linear + t[i + ADDEND];
            put64(offset, low);
            put64(offset + 8, high);
        } else {
            probeWrite(linear, 16);
            mmu.storePart(linear, 8, low);
            mmu.storePart(mmu.wrap(linear + 8), 8, high);
        }
    }

    /** An element of 4 or 8 bytes of a vector whose alignment does not matter: never #AC. */
    public final void storeElement(long linear, int size, long value) {
        long[] t = tlb;
        int i = Tlb.slot(linear);
        if (Long.compareUnsigned(t[i + WRITE] ^ linear, PAGE - size) <= 0) {
            put(linear + t[i + ADDEND], size, value);
        } else {
            mmu.storePart(linear, size, value);
        }
    }

    /** A store of 1, 2, 4 or 8 bytes, for code where the size varies. */
    public final void store(long linear, int size, long value) {
        switch (size) {
            case 1 -> store8(linear, value);
            case 2 -> store16(linear, value);
            case 4 -> store32(linear, value);
            default -> store64(linear, value);
        }
    }

    /** Faults as a write of {@code length} bytes would, and changes nothing but accessed and dirty bits. */
    public final void probeWrite(long linear, int length) {
        mmu.probe(linear, length, Mmu.W);
    }

    /** Faults as a read of {@code length} bytes would. */
    public final void probeRead(long linear, int length) {
        mmu.probe(linear, length, 0);
    }

    // ---- read, modify, write ----------------------------------------------------------------------------------------

    /**
     * The first half of a read-modify-write of 1, 2, 4 or 8 bytes without LOCK: faults as a write does. Nothing else may
     * access memory before {@link #modifyStore}.
     */
    public final long modifyLoad(long linear, int size) {
        long[] t = tlb;
        int i = Tlb.slot(linear);
        if (Long.compareUnsigned(t[i + WRITE] ^ linear, PAGE - size) <= 0) {
            long offset = linear + t[i + ADDEND];
            modified = offset;
            return get(offset, size);
        }
        return modifyLoadSlowly(linear, size);
    }

    /** The second half of {@link #modifyLoad}, with the same size. Cannot fault; a device may park it. */
    public final void modifyStore(int size, long value) {
        long offset = modified;
        if (offset >= 0) {
            put(offset, size, value);
        } else {
            mmu.store(modifiedLinear, size, value);
        }
    }

    private long modifyLoadSlowly(long linear, int size) {
        mmu.checkAlignment(linear, size);
        modifiedLinear = linear;
        modified = -1;
        mmu.probe(linear, size, Mmu.W);
        if ((linear & PAGE - 1) <= PAGE - size) {
            long offset = mmu.resolve(linear, Mmu.W);
            if (debugging || watched) {
                mmu.watched(linear, size, true);
            }
            if (offset >= 0) {
                modified = mmu.guarded(offset) ? -2 - offset : offset;
            }
        }
        return mmu.load(linear, size);
    }

    /**
     * The first half of a locked read-modify-write of 1, 2, 4 or 8 bytes: faults as a write does, returns the old value. Goes on
     * with {@link #lockedStore}, always: an operand across its alignment holds an exclusive section until then.
     */
    public final long lockedLoad(long linear, int size) {
        exclusive = (linear & size - 1) != 0;
        if (!exclusive) {
            return modifyLoad(linear, size);
        }
        mmu.checkAlignment(linear, size);
        mmu.probe(linear, size, Mmu.W);
        mmu.exclusiveEnter(linear, size);
        try {
            return modifyLoad(linear, size);
        } catch (RuntimeException e) {
            // A device that is away: no lockedStore will follow.
            mmu.exclusiveLeave();
            throw e;
        }
    }

    /**
     * Replaces the value that {@link #lockedLoad} gave by a new one if it is still there. If not, returns false, and the
     * caller starts again with {@link #lockedLoad}. To end without change, store the old value.
     */
    public final boolean lockedStore(int size, long expected, long value) {
        if (exclusive) {
            try {
                modifyStore(size, value);
            } finally {
                mmu.exclusiveLeave();
            }
            return true;
        }
        long offset = modified;
        if (offset >= 0) {
            return compareAndSet(offset, size, expected, value);
        }
        if (offset == -1) {
            mmu.store(modifiedLinear, size, value);
            return true;
        }
        return mmu.compareAndSet(-2 - offset, size, expected, value);
    }

    /** The offset in RAM of code at a linear address if the TLB has it, else -1. */
    public final long executable(long linear) {
        long[] t = tlb;
        int i = Tlb.slot(linear);
        return (t[i + Tlb.EXECUTE] ^ linear) >>> GuestRam.PAGE_SHIFT == 0 ? linear + t[i + ADDEND] : -1;
    }

    // ---- supervisor accesses ----------------------------------------------------------------------------------------

    public final long sysLoad8(long linear) {
        return mmu.systemLoad(linear, 1);
    }

    public final long sysLoad16(long linear) {
        return mmu.systemLoad(linear, 2);
    }

    public final long sysLoad32(long linear) {
        return mmu.systemLoad(linear, 4);
    }

    public final long sysLoad64(long linear) {
        return mmu.systemLoad(linear, 8);
    }

    public final void sysStore8(long linear, long value) {
        mmu.systemStore(linear, 1, value);
    }

    public final void sysStore16(long linear, long value) {
        mmu.systemStore(linear, 2, value);
    }

    public final void sysStore32(long linear, long value) {
        mmu.systemStore(linear, 4, value);
    }

    public final void sysStore64(long linear, long value) {
        mmu.systemStore(linear, 8, value);
    }

    /** Faults as a supervisor write of {@code length} bytes would. */
    public final void sysProbeWrite(long linear, int length) {
        mmu.systemProbe(linear, length, Mmu.W);
    }

    /** Faults as a supervisor read of {@code length} bytes would. */
    public final void sysProbeRead(long linear, int length) {
        mmu.systemProbe(linear, length, 0);
    }

    /** Sets bits in a doubleword in one piece (a descriptor's accessed and busy bits); faults as a supervisor write does. */
    public final void sysOr32(long linear, int bits) {
        mmu.systemOr(linear, bits);
    }

    // ---- RAM by offset ----------------------------------------------------------------------------------------------

    final long get8(long offset) {
        long value = ram.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
        VarHandle.acquireFence();
        return value;
    }

    final long get16(long offset) {
        long value = ram.get(U16, offset) & 0xFFFF;
        VarHandle.acquireFence();
        return value;
    }

    final long get32(long offset) {
        long value = ram.get(U32, offset) & 0xFFFFFFFFL;
        VarHandle.acquireFence();
        return value;
    }

    final long get64(long offset) {
        long value = ram.get(U64, offset);
        VarHandle.acquireFence();
        return value;
    }

    final void put8(long offset, long value) {
        VarHandle.releaseFence();
        ram.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
    }

    final void put16(long offset, long value) {
        VarHandle.releaseFence();
        ram.set(U16, offset, (short) value);
    }

    final void put32(long offset, long value) {
        VarHandle.releaseFence();
        ram.set(U32, offset, (int) value);
    }

    final void put64(long offset, long value) {
        VarHandle.releaseFence();
        ram.set(U64, offset, value);
    }

    final long get(long offset, int size) {
        return switch (size) {
            case 1 -> get8(offset);
            case 2 -> get16(offset);
            case 4 -> get32(offset);
            default -> get64(offset);
        };
    }

    final void put(long offset, int size, long value) {
        switch (size) {
            case 1 -> put8(offset, value);
            case 2 -> put16(offset, value);
            case 4 -> put32(offset, value);
            default -> put64(offset, value);
        }
    }

    /** Compare and set of an aligned operand; bytes and words through the doubleword around them. */
    final boolean compareAndSet(long offset, int size, long expected, long value) {
        if (size == 8) {
            return LONG.compareAndSet(ram, offset, expected, value);
        }
        if (size == 4) {
            return INT.compareAndSet(ram, offset, (int) expected, (int) value);
        }
        long word = offset & -4;
        int shift = (int) (offset & 3) << 3;
        int mask = (1 << (size << 3)) - 1 << shift;
        for (; ; ) {
            int old = (int) INT.getVolatile(ram, word);
            if (((old ^ (int) expected << shift) & mask) != 0) {
                return false;
            }
            if (INT.compareAndSet(ram, word, old, old & ~mask | (int) value << shift & mask)) {
                return true;
            }
        }
    }
}
