package dev.backplane.x86.mmu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

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

    /** The same slots for machine code, with the page's host address in place of the addend; null without such. */
    private @Nullable MemorySegment mirror;

    private long ramAddress;

    Tlb() {
        clear();
    }

    /** Keeps a copy from now on. */
    void mirror(MemorySegment copy, long ofRam) {
        mirror = copy;
        ramAddress = ofRam;
        clear();
    }

    static int slot(long linear) {
        return (int) (linear >>> GuestRam.PAGE_SHIFT - 2) & INDEX;
    }

    void fill(long linear, long offset, boolean read, boolean write, boolean execute, boolean global, boolean large) {
        long page = linear & -GuestRam.PAGE_BYTES;
        int i = slot(linear);
        long unused = unused(i);
        put(i, read ? page : unused);
        put(i + WRITE, write ? page : unused);
        put(i + EXECUTE, execute ? page : unused);
        entries[i + ADDEND] = (offset & -GuestRam.PAGE_BYTES) - page;
        if (mirror != null) {
            mirror.setAtIndex(ValueLayout.JAVA_LONG, i + ADDEND, ramAddress + (offset & -GuestRam.PAGE_BYTES));
        }
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
                put(i + WRITE, unused(i));
            }
        }
    }

    /** Withdraws the right to write to any page. */
    void protectAll() {
        for (int i = 0; i < entries.length; i += 4) {
            put(i + WRITE, unused(i));
        }
    }

    private static final long LARGE = 1L << 30;

    private void drop(int i) {
        long unused = unused(i);
        put(i, unused);
        put(i + WRITE, unused);
        put(i + EXECUTE, unused);
    }

    private void put(int index, long tag) {
        entries[index] = tag;
        if (mirror != null) {
            mirror.setAtIndex(ValueLayout.JAVA_LONG, index, tag);
        }
    }

    /** Whether code at an address may be executed and stays so when the address space changes. */
    boolean executableEverywhere(long linear) {
        int i = slot(linear);
        return (entries[i + EXECUTE] ^ linear) >>> GuestRam.PAGE_SHIFT == 0 && !journaled[i >> 2];
    }

    private static long unused(int i) {
        return (long) (i ^ 4) << GuestRam.PAGE_SHIFT - 2;
    }
}
