package dev.backplane.x86.mmu;

import dev.backplane.api.memory.MappedRam;
import dev.backplane.api.memory.RamRange;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The RAM of one partition and what its vCPUs know in common about each page. RAM lies in one segment, its ranges one after
 * the other. Everything else in the address space is MMIO.
 */
public final class GuestRam {
    public static final int PAGE_SHIFT = 12;
    public static final int PAGE_BYTES = 1 << PAGE_SHIFT;

    /** The most RAM below 4 GiB. */
    public static final long HOLE = 3L << 30;

    private static final long HIGH = 1L << 32;
    private static final VarHandle INTS = MethodHandles.arrayElementVarHandle(int[].class);
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    final MemorySegment bytes;
    final ExclusiveSection exclusive = new ExclusiveSection();
    /** First address, length and offset in the segment of each range. */
    private final long[] starts;

    private final long[] lengths;
    private final long[] offsets;
    /** Bit n: vCPU n has decoded code in the page, so that nobody may hold a write entry for it. */
    private final int[] codeOwners;

    private final long[] dirty;
    /** Who else wants to know of pages that are written. */
    private final @Nullable MappedRam log;

    /** RAM in a segment whose size is a multiple of the page size, from address 0 up to the hole and from 4 GiB on. */
    public GuestRam(MemorySegment bytes) {
        this(bytes, split(bytes.byteSize()), null);
    }

    /** The RAM of a machine, which is told of every page that is written. */
    public GuestRam(MappedRam mapped) {
        this(mapped.segment(), mapped.ranges(), mapped);
    }

    /** The segment must be shared among the vCPUs' threads. */
    private GuestRam(MemorySegment bytes, List<RamRange> ranges, @Nullable MappedRam log) {
        if (bytes.byteSize() % PAGE_BYTES != 0 || bytes.byteSize() >>> PAGE_SHIFT > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("guest RAM of " + bytes.byteSize() + " bytes: expected a multiple of "
                    + PAGE_BYTES + " and at most 2^31 pages");
        }
        this.bytes = bytes;
        this.log = log;
        starts = ranges.stream().mapToLong(RamRange::gpa).toArray();
        lengths = ranges.stream().mapToLong(RamRange::length).toArray();
        offsets = new long[starts.length];
        for (int n = 1; n < offsets.length; n++) {
            offsets[n] = offsets[n - 1] + lengths[n - 1];
        }
        int pages = (int) (bytes.byteSize() >>> PAGE_SHIFT);
        codeOwners = new int[pages];
        dirty = new long[pages + 63 >>> 6];
    }

    private static List<RamRange> split(long size) {
        RamRange low = new RamRange(0, Math.min(size, HOLE));
        return size <= HOLE ? List.of(low) : List.of(low, new RamRange(HIGH, size - HOLE));
    }

    /** The segment, for the owner of the partition. */
    public MemorySegment bytes() {
        return bytes;
    }

    /** The offset in the segment of a guest-physical address, or -1 where there is no RAM. */
    public long offset(long address) {
        for (int n = 0; n < starts.length; n++) {
            long within = address - starts[n];
            if (within >= 0 && within < lengths[n]) {
                return offsets[n] + within;
            }
        }
        return -1;
    }

    /** Marks the page of an offset as written to. Any thread. */
    public void markDirty(long offset) {
        if (log != null) {
            log.markDirty(offset);
            return;
        }
        int page = (int) (offset >>> PAGE_SHIFT);
        long bit = 1L << page;
        if (((long) LONGS.getOpaque(dirty, page >>> 6) & bit) == 0) {
            LONGS.getAndBitwiseOr(dirty, page >>> 6, bit);
        }
    }

    /**
     * The dirty bits of pages 64 * index to 64 * index + 63, cleared. The caller then makes every vCPU drop its write entries,
     * so that later writes are marked again.
     */
    public long takeDirty(int index) {
        return (long) LONGS.getAndSet(dirty, index, 0L);
    }

    /** Which vCPUs (bit n: vCPU n) have decoded code in the page of an offset. */
    public int codeOwners(long offset) {
        return (int) INTS.getVolatile(codeOwners, (int) (offset >>> PAGE_SHIFT));
    }

    void addCodeOwner(long offset, int vcpu) {
        INTS.getAndBitwiseOr(codeOwners, (int) (offset >>> PAGE_SHIFT), 1 << vcpu);
    }

    void removeCodeOwner(long offset, int vcpu) {
        INTS.getAndBitwiseAnd(codeOwners, (int) (offset >>> PAGE_SHIFT), ~(1 << vcpu));
    }
}
