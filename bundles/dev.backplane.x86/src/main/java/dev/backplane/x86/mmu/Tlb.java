package dev.backplane.x86.mmu;

import java.util.Arrays;

/**
 * A direct-mapped translation look-aside buffer for one privilege. Each slot has four longs: the tags for reading, writing and
 * executing, and what is added to a linear address to give its offset in guest RAM. A tag is the page's linear address; tag
 * xor address is below 4096 exactly on a hit, and then is the offset within the page, so that one unsigned comparison catches
 * miss, missing permission and page crossing alike. An unused tag has the wrong index bits.
 */
final class Tlb {
    static final int SLOTS = 1024;
    static final int READ = 0;
    static final int WRITE = 1;
    static final int EXECUTE = 2;
    static final int ADDEND = 3;

    /** Mask of a slot's first index. */
    static final int INDEX = SLOTS - 1 << 2;

    final long[] entries = new long[SLOTS * 4];
    /** Filled slots that do not survive a change of address space, each once. */
    private final int[] journal = new int[SLOTS];

    private final boolean[] journaled = new boolean[SLOTS];
    private int journalSize;
    // The linear range in which pieces of large pages may be cached: INVLPG there must drop all of a large page.
    private long largeFrom = -1;
    private long largeTo;

    Tlb() {
        clear();
    }

    static int slot(long linear) {
        return (int) (linear >>> GuestRam.PAGE_SHIFT - 2) & INDEX;
    }

    void fill(long linear, long offset, boolean read, boolean write, boolean execute, boolean global, boolean large) {
        long page = linear & -GuestRam.PAGE_BYTES;
        int i = slot(linear);
        long unused = unused(i);
        entries[i] = read ? page : unused;
        entries[i + WRITE] = write ? page : unused;
        entries[i + EXECUTE] = execute ? page : unused;
        entries[i + ADDEND] = (offset & -GuestRam.PAGE_BYTES) - page;
        if (!global && !journaled[i >> 2]) {
            journaled[i >> 2] = true;
            journal[journalSize++] = i;
        }
        if (large) {
            largeFrom = Long.compareUnsigned(page, largeFrom) < 0 ? page : largeFrom;
            largeTo = Long.compareUnsigned(page, largeTo) > 0 ? page : largeTo;
        }
    }

    /** Forgets everything but global pages. */
    void flushLocal() {
        for (int n = 0; n < journalSize; n++) {
            drop(journal[n]);
            journaled[journal[n] >> 2] = false;
        }
        journalSize = 0;
    }

    /** Forgets everything. */
    void clear() {
        for (int i = 0; i < entries.length; i += 4) {
            drop(i);
        }
        Arrays.fill(journaled, false);
        journalSize = 0;
        largeFrom = -1;
        largeTo = 0;
    }

    /** Forgets one page, and the whole of the large page that it may be a piece of. */
    void invalidate(long linear) {
        long page = linear & -GuestRam.PAGE_BYTES;
        if (Long.compareUnsigned(page, largeFrom & -LARGE) >= 0
                && Long.compareUnsigned(page, largeTo | LARGE - 1) <= 0) {
            clear();
        } else {
            int i = slot(linear);
            if (entries[i] == page || entries[i + WRITE] == page || entries[i + EXECUTE] == page) {
                drop(i);
            }
        }
    }

    /** Withdraws the right to write to a page of RAM, under every linear address. */
    void protect(long offset) {
        long frame = offset & -GuestRam.PAGE_BYTES;
        for (int i = 0; i < entries.length; i += 4) {
            if (entries[i + WRITE] + entries[i + ADDEND] == frame) {
                entries[i + WRITE] = unused(i);
            }
        }
    }

    /** Withdraws the right to write to any page. */
    void protectAll() {
        for (int i = 0; i < entries.length; i += 4) {
            entries[i + WRITE] = unused(i);
        }
    }

    private static final long LARGE = 1L << 30;

    private void drop(int i) {
        long unused = unused(i);
        entries[i] = unused;
        entries[i + WRITE] = unused;
        entries[i + EXECUTE] = unused;
    }

    private static long unused(int i) {
        return (long) (i ^ 4) << GuestRam.PAGE_SHIFT - 2;
    }
}
