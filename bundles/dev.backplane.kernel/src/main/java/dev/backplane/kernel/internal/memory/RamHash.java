package dev.backplane.kernel.internal.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A hash of a machine's memory that costs no more than the pages that were written since it was last asked for. 64 bits that
 * tell two runs of the same machine apart; nobody who chooses the contents is to be kept from finding two alike. While no
 * vCPU runs.
 */
public final class RamHash {
    private static final long PRIME = 0x9e37_79b9_7f4a_7c15L;
    private static final int PAGE_LONGS = DirtyPages.PAGE_BYTES / Long.BYTES;

    private final GuestRam ram;
    private final long[] pages;
    private boolean begun;
    private long sum;

    /**
     * A hash that has seen nothing yet.
     *
     * @param ram the memory
     */
    public RamHash(GuestRam ram) {
        this.ram = ram;
        pages = new long[Math.toIntExact(ram.backing().segment().byteSize() / DirtyPages.PAGE_BYTES)];
    }

    /**
     * The hash now. Takes the dirty bits: whoever calls this has the vCPUs mark pages anew afterwards.
     *
     * @return 64 bits
     */
    public long update() {
        MemorySegment bytes = ram.backing().segment();
        DirtyPages dirty = ram.dirty();
        for (int word = 0; word < dirty.words(); word++) {
            long bits = dirty.take(word);
            if (!begun) {
                bits = -1;
            }
            for (; bits != 0; bits &= bits - 1) {
                int page = word * Long.SIZE + Long.numberOfTrailingZeros(bits);
                if (page < pages.length) {
                    sum -= placed(page);
                    pages[page] = hash(bytes, (long) page * DirtyPages.PAGE_BYTES);
                    sum += placed(page);
                }
            }
        }
        begun = true;
        return sum;
    }

    private long placed(int page) {
        return mix(pages[page] + PRIME * (page + 1L));
    }

    /** Four lanes, so that a multiplication need not wait for the one before. */
    private static long hash(MemorySegment bytes, long offset) {
        long a = 1;
        long b = 2;
        long c = 3;
        long d = 4;
        for (int i = 0; i < PAGE_LONGS; i += 4) {
            long at = offset + (long) i * Long.BYTES;
            a = (a ^ bytes.get(ValueLayout.JAVA_LONG, at)) * PRIME;
            b = (b ^ bytes.get(ValueLayout.JAVA_LONG, at + 8)) * PRIME;
            c = (c ^ bytes.get(ValueLayout.JAVA_LONG, at + 16)) * PRIME;
            d = (d ^ bytes.get(ValueLayout.JAVA_LONG, at + 24)) * PRIME;
            a ^= a >>> 29;
            b ^= b >>> 31;
            c ^= c >>> 33;
            d ^= d >>> 35;
        }
        return mix(a) + mix(b + 1) * 3 + mix(c + 2) * 5 + mix(d + 3) * 7;
    }

    private static long mix(long value) {
        long x = (value ^ value >>> 32) * PRIME;
        x = (x ^ x >>> 29) * PRIME;
        return x ^ x >>> 32;
    }
}
