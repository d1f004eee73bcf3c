package dev.backplane.disk.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Finds zeros. Any thread. */
final class Zeros {
    private static final int STEP = 64 << 10;
    private static final MemorySegment ZEROS = Arena.global().allocate(STEP, 64);

    private Zeros() {}

    /** Whether a range of memory holds nothing but zeros. */
    static boolean are(MemorySegment memory, long from, long to) {
        for (long at = from; at < to; at += STEP) {
            long length = Math.min(STEP, to - at);
            if (MemorySegment.mismatch(memory, at, at + length, ZEROS, 0, length) >= 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Where a run of granules that are all zeros, or all not, ends.
     *
     * @param zero which of the two the run is of
     */
    static long runEnd(MemorySegment memory, long from, long to, long granule, boolean zero) {
        long at = from;
        while (at < to && are(memory, at, Math.min(at + granule, to)) == zero) {
            at = Math.min(at + granule, to);
        }
        return at;
    }
}
