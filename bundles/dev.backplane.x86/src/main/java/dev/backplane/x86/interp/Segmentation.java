package dev.backplane.x86.interp;

import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/** Segment checks of data accesses (SDM volume 3, 5.3 and 5.5), for all modes. */
public final class Segmentation {
    private Segmentation() {}

    /**
     * The linear address of {@code size} bytes at an offset in a segment, for a read or a write. Throws #GP(0), or #SS(0) for SS,
     * where limit, type or a null selector forbid it.
     */
    public static long linear(Cpu c, int segment, long offset, int size, boolean write) {
        if (c.long64) {
            return segment == Seg.FS || segment == Seg.GS ? offset + c.segmentBase[segment] : offset;
        }
        int attributes = c.segmentAttributes[segment];
        long limit = c.segmentLimit[segment];
        long last = offset + size - 1;
        boolean bad;
        if ((attributes & Seg.EXPAND_DOWN) != 0 && (attributes & Seg.CODE) == 0) {
            long top = (attributes & Seg.DB) != 0 ? 0xFFFFFFFFL : 0xFFFFL;
            bad = offset <= limit || last > top;
        } else {
            bad = last > limit;
        }
        bad |= (attributes & Seg.UNUSABLE) != 0;
        if (c.protectedMode()) {
            boolean code = (attributes & Seg.CODE) != 0;
            bad |= write ? code || (attributes & Seg.WRITABLE) == 0 : code && (attributes & Seg.WRITABLE) == 0;
        }
        if (bad) {
            throw c.fault(segment == Seg.SS ? Vector.SS : Vector.GP, 0);
        }
        return offset + c.segmentBase[segment] & 0xFFFFFFFFL;
    }

    /** An offset cut to the address size: 2, 4 or 8 bytes. */
    public static long truncate(long offset, int addressBytes) {
        return addressBytes == 8 ? offset : addressBytes == 4 ? offset & 0xFFFFFFFFL : offset & 0xFFFFL;
    }
}
