package dev.backplane.x86.mmu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Which bytes of a page somebody has made code from, in units of eight. Changed by the vCPU's thread, asked on any. */
public final class CoveredBytes {
    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
    private static final int UNIT_SHIFT = 3;
    private static final int UNITS = GuestRam.PAGE_BYTES >> UNIT_SHIFT;

    private final long[] covered = new long[UNITS >> 6];

    /** No bytes. */
    public CoveredBytes() {}

    /** Adds the bytes from one offset in the page to another (exclusive, at most 4096). */
    public void cover(int from, int to) {
        for (int unit = from >> UNIT_SHIFT; unit <= to - 1 >> UNIT_SHIFT; unit++) {
            LONGS.setOpaque(covered, unit >> 6, covered[unit >> 6] | 1L << unit);
        }
    }

    /** Whether any of the bytes is covered: see {@link CodeWatch#covers}. */
    public boolean covers(int from, int length) {
        for (int unit = from >> UNIT_SHIFT; unit <= from + length - 1 >> UNIT_SHIFT; unit++) {
            if (((long) LONGS.getOpaque(covered, unit >> 6) & 1L << unit) != 0) {
                return true;
            }
        }
        return false;
    }
}
