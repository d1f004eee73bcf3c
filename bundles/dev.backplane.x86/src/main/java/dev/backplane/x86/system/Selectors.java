package dev.backplane.x86.system;

import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;

/** Reads and marks the descriptors that selectors name (SDM 3A, 3.4.2, 3.5). Faults carry the selector. */
final class Selectors {
    /** What {@link #address} gives for a selector beyond its table; not canonical, so no table lies there. */
    static final long NOWHERE = 1L << 62;

    private static final int TI = 4;

    private Selectors() {}

    static boolean isNull(int selector) {
        return (selector & 0xfffc) == 0;
    }

    static int rpl(int selector) {
        return selector & 3;
    }

    static boolean longMode(Cpu c) {
        return (c.efer & Bits.EFER_LMA) != 0;
    }

    static boolean canonical(Cpu c, long address) {
        int shift = c.canonicalShift;
        return address << shift >> shift == address;
    }

    /** What is asked of bases in MSRs and table registers, whether 5-level paging is on or not. */
    static boolean canonicalBase(Cpu c, long address) {
        int shift = c.widestShift;
        return address << shift >> shift == address;
    }

    /** A linear address in a system table, which wraps at 4 GiB outside of long mode. */
    static long linear(Cpu c, long address) {
        return longMode(c) ? address : address & 0xffff_ffffL;
    }

    /**
     * The descriptor that a selector names.
     *
     * @param vector what is raised, with the selector, where it lies beyond its table: #GP, or #TS on the way through a TSS
     */
    static long descriptor(Cpu c, int selector, int vector) {
        long address = address(c, selector, 8);
        if (address == NOWHERE) {
            throw c.fault(vector, selector & 0xfffc);
        }
        return c.sysLoad64(address);
    }

    /** The linear address of the descriptor of {@code bytes} bytes that a selector names, or {@link #NOWHERE}. */
    static long address(Cpu c, int selector, int bytes) {
        long base;
        long limit;
        if ((selector & TI) == 0) {
            base = c.gdtBase;
            limit = c.gdtLimit;
        } else {
            if ((c.segmentAttributes[Seg.LDTR] & Seg.UNUSABLE) != 0) {
                return NOWHERE;
            }
            base = c.segmentBase[Seg.LDTR];
            limit = c.segmentLimit[Seg.LDTR];
        }
        int offset = selector & 0xfff8;
        return offset + bytes - 1 > limit ? NOWHERE : linear(c, base + offset);
    }

    /** The upper half of a 16-byte system descriptor, which long mode has (3.5.2, 9.2.3). */
    static long upper(Cpu c, int selector, int vector) {
        long address = address(c, selector, 16);
        if (address == NOWHERE) {
            throw c.fault(vector, selector & 0xfffc);
        }
        long upper = c.sysLoad64(linear(c, address + 8));
        if ((upper >>> 40 & 0x1f) != 0) {
            throw c.fault(vector, selector & 0xfffc);
        }
        return upper;
    }

    /** Sets the accessed bit of the descriptor in memory unless it is set. */
    static void access(Cpu c, int selector, int attributes) {
        if ((attributes & Seg.ACCESSED) == 0) {
            mark(c, selector, Seg.ACCESSED);
        }
    }

    /** Sets bits of a descriptor's type field in memory. */
    static void mark(Cpu c, int selector, int bits) {
        c.sysOr32(linear(c, address(c, selector, 8) + 4), bits << 8);
    }
}
