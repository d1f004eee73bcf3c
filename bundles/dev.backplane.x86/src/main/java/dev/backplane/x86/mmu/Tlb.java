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
    static final int SLOTS = 4096;
    static final int READ = 0;
    static final int WRITE = 1;
    static final int EXECUTE = 2;
    static final int ADDEND = 3;

    /** What {@link #moveOut} writes for a slot. */
    private static final int MOVED = 5;

    /** Mask of a slot's first index. */
    static final int INDEX = SLOTS - 1 << 2;

    private static final int GLOBAL = 1;
    private static final int LARGE = 2;
    private static final int KIND_SHIFT = 16;
    /** No page is larger. */
    private static final long LARGEST = 1L << 30;

    /** No slot is used. */
    private static final long[] EMPTY = empty();

    final long[] entries = new long[SLOTS * 4];
    /** Whether what a slot holds is global, or a piece of a large page. */
    private final byte[] kinds = new byte[SLOTS];
    /** Filled slots that do not survive a change of address space, each once. */
    private final int[] journal = new int[SLOTS];

    private final boolean[] journaled = new boolean[SLOTS];
    private int journalSize;
    private int moved;
    // The linear range in which pieces of large pages may be cached: INVLPG there must drop all of a large page.
    private long largeFrom = -1;
    private long largeTo;

    /** The same slots for machine code, with the page's host address in place of the addend; null without such. */
    private @Nullable MemorySegment mirror;

    private long ramAddress;
    private final long[] slot = new long[4];
    private final MemorySegment slotBytes = MemorySegment.ofArray(slot);

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

    /** The number of the slot that translates an address. */
    static int number(long linear) {
        return slot(linear) >> 2;
    }

    void fill(long linear, long offset, boolean read, boolean write, boolean execute, boolean global, boolean large) {
        long page = linear & -GuestRam.PAGE_BYTES;
        int i = slot(linear);
        long unused = unused(i);
        entries[i] = read ? page : unused;
        entries[i + WRITE] = write ? page : unused;
        entries[i + EXECUTE] = execute ? page : unused;
        entries[i + ADDEND] = (offset & -GuestRam.PAGE_BYTES) - page;
        copy(i, ramAddress + (offset & -GuestRam.PAGE_BYTES));
        kinds[i >> 2] = (byte) ((global ? GLOBAL : 0) | (large ? LARGE : 0));
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
            int i = journal[n];
            journaled[i >> 2] = false;
            if ((kinds[i >> 2] & GLOBAL) == 0) {
                drop(i);
            }
        }
        journalSize = 0;
    }

    /** As {@link #flushLocal}, but what is forgotten goes to an array of slots and their entries, which is made larger if need be. */
    long[] moveOut(long[] to) {
        long[] target = to.length >= journalSize * MOVED ? to : new long[Math.min(2 * journalSize, SLOTS) * MOVED];
        moved = 0;
        for (int n = 0; n < journalSize; n++) {
            int i = journal[n];
            journaled[i >> 2] = false;
            if ((kinds[i >> 2] & GLOBAL) != 0 || isUnused(i)) {
                continue;
            }
            target[moved] = i | kinds[i >> 2] << KIND_SHIFT;
            System.arraycopy(entries, i, target, moved + 1, MOVED - 1);
            moved += MOVED;
            drop(i);
        }
        journalSize = 0;
        return target;
    }

    /** How many longs the last {@link #moveOut} wrote. */
    int movedOut() {
        return moved;
    }

    /** Brings back what was moved out, perhaps without the right to write. */
    void moveIn(long[] from, int length, boolean writable) {
        for (int at = 0; at < length; at += MOVED) {
            int i = (int) from[at] & INDEX;
            kinds[i >> 2] = (byte) (from[at] >>> KIND_SHIFT);
            System.arraycopy(from, at + 1, entries, i, MOVED - 1);
            if (!writable) {
                entries[i + WRITE] = unused(i);
            }
            copy(i, ramAddress + firstTag(i) + entries[i + ADDEND]);
            if (!journaled[i >> 2]) {
                journaled[i >> 2] = true;
                journal[journalSize++] = i;
            }
        }
    }

    /** Forgets everything. */
    void clear() {
        System.arraycopy(EMPTY, 0, entries, 0, EMPTY.length);
        if (mirror != null) {
            MemorySegment.copy(EMPTY, 0, mirror, ValueLayout.JAVA_LONG, 0, EMPTY.length);
        }
        Arrays.fill(journaled, false);
        journalSize = 0;
        largeFrom = -1;
        largeTo = 0;
    }

    /** Forgets one page, and the whole of the large page that it may be a piece of: true where it may be one. */
    boolean invalidate(long linear) {
        long page = linear & -GuestRam.PAGE_BYTES;
        int slot = slot(linear);
        if (entries[slot] == page || entries[slot + WRITE] == page || entries[slot + EXECUTE] == page) {
            drop(slot);
        }
        if (Long.compareUnsigned(page, largeFrom & -LARGEST) >= 0
                && Long.compareUnsigned(page, largeTo | LARGEST - 1) <= 0) {
            for (int i = 0; i < entries.length; i += 4) {
                if ((kinds[i >> 2] & LARGE) != 0 && isNear(i, page)) {
                    drop(i);
                }
            }
            return true;
        }
        return false;
    }

    /** Whether a slot translates in the same gigabyte, which no page is larger than. */
    private boolean isNear(int i, long page) {
        long unused = unused(i);
        for (int kind = READ; kind <= EXECUTE; kind++) {
            long tag = entries[i + kind];
            if (tag != unused && ((tag ^ page) & -LARGEST) == 0) {
                return true;
            }
        }
        return false;
    }

    private boolean isUnused(int i) {
        long unused = unused(i);
        return entries[i] == unused && entries[i + WRITE] == unused && entries[i + EXECUTE] == unused;
    }

    /** Withdraws the right to write to a page of RAM, under every linear address. */
    void protect(long offset) {
        for (int number = 0; number < SLOTS; number++) {
            protect(offset, number);
        }
    }

    /** The same where only the slot of one number may have it. */
    void protect(long offset, int number) {
        int i = number << 2;
        if (entries[i + WRITE] + entries[i + ADDEND] == (offset & -GuestRam.PAGE_BYTES)) {
            put(i + WRITE, unused(i));
        }
    }

    /** Withdraws the right to write to any page. */
    void protectAll() {
        for (int i = 0; i < entries.length; i += 4) {
            put(i + WRITE, unused(i));
        }
    }

    private void drop(int i) {
        long unused = unused(i);
        entries[i] = unused;
        entries[i + WRITE] = unused;
        entries[i + EXECUTE] = unused;
        copy(i, 0);
    }

    /** Brings a slot to the mirror in one piece. */
    private void copy(int i, long hostPage) {
        if (mirror != null) {
            slot[READ] = entries[i];
            slot[WRITE] = entries[i + WRITE];
            slot[EXECUTE] = entries[i + EXECUTE];
            slot[ADDEND] = hostPage;
            MemorySegment.copy(slotBytes, 0, mirror, 8L * i, slotBytes.byteSize());
        }
    }

    /** The linear address of the page that a used slot translates. */
    private long firstTag(int i) {
        long unused = unused(i);
        return entries[i] != unused
                ? entries[i]
                : entries[i + WRITE] != unused ? entries[i + WRITE] : entries[i + EXECUTE];
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

    private static long[] empty() {
        long[] slots = new long[SLOTS * 4];
        for (int i = 0; i < slots.length; i += 4) {
            slots[i + READ] = unused(i);
            slots[i + WRITE] = unused(i);
            slots[i + EXECUTE] = unused(i);
        }
        return slots;
    }

    private static long unused(int i) {
        return (long) (i ^ 4) << GuestRam.PAGE_SHIFT - 2;
    }
}
