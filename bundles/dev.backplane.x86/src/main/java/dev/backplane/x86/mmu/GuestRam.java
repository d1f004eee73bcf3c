package dev.backplane.x86.mmu;

import dev.backplane.api.memory.MappedRam;
import dev.backplane.api.memory.RamRange;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
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

    /** The page holds an operand of 16 bytes or across its alignment that several vCPUs lock. */
    private static final long SHARED = 1L << 63;

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    final MemorySegment bytes;
    /** Held around every write to a {@link #SHARED} page. */
    final ReentrantLock exclusive = new ReentrantLock();

    private volatile Mmu[] members = {};
    /** First address, length and offset in the segment of each range. */
    private final long[] starts;

    private final long[] lengths;
    private final long[] offsets;
    /** By page, bit n: vCPU n has decoded code in it. A page with any bit set has no write entry in any TLB. */
    private final long[] guards;

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
        guards = new long[pages];
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

    /** Whether writes to the page of an offset need care: see the methods that follow. */
    public boolean guarded(long offset) {
        return (long) LONGS.getVolatile(guards, page(offset)) != 0;
    }

    /**
     * Tells the vCPUs of bytes in guarded pages that were written otherwise than by their own instructions. They drop code that
     * was made from them before they take a branch that looks at requests. Any thread.
     */
    public void written(long offset, long length) {
        for (long page = offset & -PAGE_BYTES; page < offset + length; page += PAGE_BYTES) {
            long guard = (long) LONGS.getVolatile(guards, page(page));
            if (guard != 0) {
                long from = Math.max(page, offset);
                tell(guard, from, Math.min(page + PAGE_BYTES, offset + length) - from, null);
            }
        }
    }

    /** The same for a store of a vCPU's within a page, which it has dropped from its own code already. */
    void written(long offset, long length, Mmu writer) {
        tell((long) LONGS.getVolatile(guards, page(offset)), offset, length, writer);
    }

    private void tell(long guard, long offset, long length, @Nullable Mmu writer) {
        VarHandle.fullFence();
        for (Mmu member : members) {
            if (member != writer && (guard & 1L << member.index()) != 0) {
                member.tellWritten(offset, length);
            }
        }
    }

    /** Makes all vCPUs ask again before they write to any page. Returns once that is so. Not on a vCPU's thread. */
    public void protectPages() {
        Mmu[] all = members;
        long[] tickets = new long[all.length];
        for (int n = 0; n < all.length; n++) {
            tickets[n] = all[n].mailbox().postProtectAll();
        }
        for (int n = 0; n < all.length; n++) {
            all[n].mailbox().await(tickets[n], null);
        }
    }

    synchronized void join(Mmu member) {
        Mmu[] more = Arrays.copyOf(members, members.length + 1);
        more[members.length] = member;
        members = more;
    }

    boolean single() {
        return members.length == 1;
    }

    /** A vCPU is about to decode code in a page: returns when nobody can write there unseen. */
    void addCodeOwner(long offset, Mmu owner) {
        guard(offset, 1L << owner.index(), owner);
    }

    void removeCodeOwner(long offset, Mmu owner) {
        LONGS.getAndBitwiseAnd(guards, page(offset), ~(1L << owner.index()));
    }

    /** Makes every write to a page go through {@link #exclusive}: returns when that is so. */
    void share(long offset, Mmu member) {
        guard(offset, SHARED, member);
    }

    boolean shared(long offset) {
        return (long) LONGS.getVolatile(guards, page(offset)) < 0;
    }

    private void guard(long offset, long bit, Mmu member) {
        long before = (long) LONGS.getAndBitwiseOr(guards, page(offset), bit);
        member.protect(offset);
        if (before == 0) {
            // With a bit set before, whoever set it has seen to this.
            Mmu[] all = members;
            long[] tickets = new long[all.length];
            for (int n = 0; n < all.length; n++) {
                tickets[n] = all[n] == member ? 0 : all[n].mailbox().postProtect(offset);
            }
            for (int n = 0; n < all.length; n++) {
                all[n].mailbox().await(tickets[n], member);
            }
        }
    }

    private static int page(long offset) {
        return (int) (offset >>> PAGE_SHIFT);
    }
}
