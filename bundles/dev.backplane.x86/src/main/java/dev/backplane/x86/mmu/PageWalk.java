package dev.backplane.x86.mmu;

import dev.backplane.x86.state.Bits;

/**
 * The page walk (SDM volume 3, chapter 5): 32-bit, PAE, 4- and 5-level paging. Results stand in the fields until the next walk.
 * Accessed and dirty bits are set by compare-and-set in guest memory, so that an entry which another processor exchanges
 * meanwhile is not lost.
 */
final class PageWalk {
    private static final long P = 1;
    private static final long RW = 1 << 1;
    private static final long US = 1 << 2;
    private static final long A = 1 << 5;
    private static final long D = 1 << 6;
    private static final long PS = 1 << 7;
    private static final long GLOBAL = 1 << 8;
    private static final long NX = 1L << 63;
    /** Physical addresses have 46 bits, as CPUID says. */
    private static final long RESERVED = (1L << 52) - (1L << 46);

    /** PAE paging has nothing for software there. */
    private static final long PAE_RESERVED = 0x7FFL << 52;

    private static final int RSVD = 8;
    private static final long ADDRESS = 0x000FFFFFFFFFF000L;

    private final MemoryPort c;
    private final Mmu mmu;
    private final GuestRam ram;

    /** Guest-physical address of the 4 KiB frame. */
    long frame;

    boolean readable;
    boolean executable;
    boolean global;
    boolean large;

    private int access;
    private long linear;

    PageWalk(MemoryPort c, Mmu mmu, GuestRam ram) {
        this.c = c;
        this.mmu = mmu;
        this.ram = ram;
    }

    /** Faults where an address is not canonical. */
    void checkCanonical(long address) {
        int shift = c.canonicalShift;
        if ((c.efer & Bits.EFER_LMA) != 0 && address << shift >> shift != address) {
            throw c.addressFault(address);
        }
    }

    /** Translates an address for an access of {@link Mmu}'s bits, or throws the page fault. */
    void walk(long linear, int access) {
        this.linear = linear;
        this.access = access;
        if ((c.cr0 & Bits.CR0_PG) == 0) {
            frame = linear & 0xFFFFF000L;
            readable = true;
            executable = true;
            global = true;
            large = false;
        } else if ((c.efer & Bits.EFER_LMA) != 0) {
            int shift = c.canonicalShift;
            if (linear << shift >> shift != linear) {
                throw c.addressFault(linear);
            }
            int top = (c.cr4 & Bits.CR4_LA57) != 0 ? 48 : 39;
            while (!walkLong(c.cr3 & ADDRESS, top, RESERVED)) {}
        } else if ((c.cr4 & Bits.CR4_PAE) != 0) {
            while (!walkPae()) {}
        } else {
            while (!walk32()) {}
        }
    }

    /** 4- or 5-level paging, or the lower two levels of PAE. False: an entry changed on the way, start again. */
    private boolean walkLong(long table, int topShift, long alwaysReserved) {
        boolean nxe = (c.efer & Bits.EFER_NXE) != 0;
        long reserved = alwaysReserved | (nxe ? 0 : NX);
        long rights = RW | US;
        long noExecute = 0;
        long[] addresses = path;
        long[] entries = pathEntries;
        int depth = 0;
        for (int shift = topShift; ; shift -= 9) {
            long address = table + (linear >>> shift - 3 & 0xFF8);
            long entry = read64(address);
            if ((entry & P) == 0) {
                throw fault(0);
            }
            boolean leaf = shift == 12 || (entry & PS) != 0 && shift <= 30;
            long bad = reserved;
            if (shift >= 39) {
                bad |= PS;
            } else if (leaf && shift > 12) {
                bad |= (1L << shift) - (1L << 13);
            }
            if ((entry & bad) != 0) {
                throw fault(P | RSVD);
            }
            rights &= entry;
            noExecute |= entry & NX;
            addresses[depth] = address;
            entries[depth++] = entry;
            if (leaf) {
                long offset = (1L << shift) - 1;
                frame = entry & ADDRESS & ~offset | linear & offset & -GuestRam.PAGE_BYTES;
                global = (entry & GLOBAL) != 0 && (c.cr4 & Bits.CR4_PGE) != 0;
                large = shift > 12;
                check((rights & US) != 0, (rights & RW) != 0, noExecute != 0);
                break;
            }
            table = entry & ADDRESS;
        }
        for (int n = 0; n < depth; n++) {
            long wanted = entries[n] | A | (n == depth - 1 && (access & Mmu.W) != 0 ? D : 0);
            if (wanted != entries[n] && !replace(addresses[n], 8, entries[n], wanted)) {
                return false;
            }
        }
        return true;
    }

    private final long[] path = new long[5];
    private final long[] pathEntries = new long[5];

    private boolean walkPae() {
        // The four page-directory pointers have no rights and no accessed bit, and were checked when they were loaded.
        long pointer = c.pointers[(int) (linear >>> 30) & 3];
        if ((pointer & P) == 0) {
            throw fault(0);
        }
        return walkLong(pointer & ADDRESS, 21, RESERVED | PAE_RESERVED);
    }

    private boolean walk32() {
        long directoryAddress = (c.cr3 & 0xFFFFF000L) + (linear >>> 20 & 0xFFC);
        long directory = read32(directoryAddress);
        if ((directory & P) == 0) {
            throw fault(0);
        }
        long leaf = directory;
        long leafAddress = directoryAddress;
        large = (directory & PS) != 0 && (c.cr4 & Bits.CR4_PSE) != 0;
        long rights = directory;
        if (large) {
            // PSE-36: bits 13 to 20 are address bits 32 to 39; bit 21 is reserved.
            if ((directory & 1 << 21) != 0) {
                throw fault(P | RSVD);
            }
            frame = directory & 0xFFC00000L | (directory >>> 13 & 0xFF) << 32 | linear & 0x3FF000;
        } else {
            leafAddress = (directory & 0xFFFFF000L) + (linear >>> 10 & 0xFFC);
            leaf = read32(leafAddress);
            if ((leaf & P) == 0) {
                throw fault(0);
            }
            rights &= leaf;
            frame = leaf & 0xFFFFF000L;
        }
        global = (leaf & GLOBAL) != 0 && (c.cr4 & Bits.CR4_PGE) != 0;
        check((rights & US) != 0, (rights & RW) != 0, false);
        if (!large && (directory & A) == 0 && !replace(directoryAddress, 4, directory, directory | A)) {
            return false;
        }
        long wanted = leaf | A | ((access & Mmu.W) != 0 ? D : 0);
        return wanted == leaf || replace(leafAddress, 4, leaf, wanted);
    }

    /** Rights: SDM volume 3, 5.6.1. Also says what else the translation may be used for at this privilege. */
    private void check(boolean user, boolean writable, boolean noExecute) {
        boolean allowed;
        if ((access & Mmu.U) != 0) {
            readable = user;
            executable = user && !noExecute;
            allowed = user && ((access & Mmu.W) == 0 || writable);
        } else {
            readable = !user || (access & Mmu.AC) != 0 || (c.cr4 & Bits.CR4_SMAP) == 0;
            executable = !noExecute && !(user && (c.cr4 & Bits.CR4_SMEP) != 0);
            allowed = (access & Mmu.I) != 0
                    || readable && ((access & Mmu.W) == 0 || writable || (c.cr0 & Bits.CR0_WP) == 0);
        }
        if (!allowed || (access & Mmu.I) != 0 && !executable) {
            throw fault(P);
        }
    }

    private RuntimeException fault(long why) {
        int code = (int) why | access & (Mmu.W | Mmu.U);
        // The fetch bit exists only where fetches can be forbidden.
        if ((access & Mmu.I) != 0 && ((c.efer & Bits.EFER_NXE) != 0 && paePaging() || (c.cr4 & Bits.CR4_SMEP) != 0)) {
            code |= Mmu.I;
        }
        if (c.tracer != null) {
            c.tracer.pageFault(linear, code);
        }
        return c.pageFault(linear, code);
    }

    private boolean paePaging() {
        return (c.cr4 & Bits.CR4_PAE) != 0;
    }

    // An entry outside of RAM reads as not present.
    private long read64(long address) {
        long offset = ram.offset(address);
        return offset < 0 ? 0 : c.get64(offset);
    }

    private long read32(long address) {
        long offset = ram.offset(address);
        return offset < 0 ? 0 : c.get32(offset);
    }

    private boolean replace(long address, int size, long old, long wanted) {
        long offset = ram.offset(address);
        if (!mmu.compareAndSet(offset, size, old, wanted)) {
            return false;
        }
        ram.markDirty(offset);
        return true;
    }
}
