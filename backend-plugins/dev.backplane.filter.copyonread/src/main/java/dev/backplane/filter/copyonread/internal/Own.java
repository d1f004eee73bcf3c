package dev.backplane.filter.copyonread.internal;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * What the image is known to have of its own, a bit for a stretch: there nothing is to be copied, and reads go straight through. A bit that is
 * missing costs a look at the image, one too many a copy that is not made; neither makes a read wrong. Any thread.
 */
final class Own {
    private static final int LEAST_SHIFT = 16;
    /** Bits, at most. */
    private static final long MOST = 1 << 20;

    private final long capacityBytes;
    private final int shift;
    private final AtomicLongArray bits;

    /** Of a disk of that length. */
    Own(long capacityBytes) {
        this.capacityBytes = capacityBytes;
        int wide = LEAST_SHIFT;
        while (capacityBytes >>> wide >= MOST) {
            wide++;
        }
        shift = wide;
        bits = new AtomicLongArray((int) ((capacityBytes >>> wide) / Long.SIZE) + 1);
    }

    /** Where the stretch begins that has a byte. */
    long floor(long offset) {
        return offset >>> shift << shift;
    }

    /** Where the stretch behind the one begins that has a byte, be it on the disk or not. */
    long next(long offset) {
        return (offset >>> shift) + 1 << shift;
    }

    /** Where the stretch ends that has the byte before. */
    long ceiling(long end) {
        return Math.min(capacityBytes, (end - 1 >>> shift) + 1 << shift);
    }

    /** Whether the image has all of a range, which is not empty. */
    boolean has(long offset, long bytes) {
        if (offset < 0 || bytes > capacityBytes - offset) {
            return false;
        }
        long last = offset + bytes - 1 >>> shift;
        for (long i = offset >>> shift; i <= last; i++) {
            if ((bits.get((int) (i / Long.SIZE)) & 1L << i) == 0) {
                return false;
            }
        }
        return true;
    }

    /** The image has all of a range: of it, so much is known as makes whole stretches. */
    void add(long begin, long end) {
        // The last stretch may end with the disk.
        long behind = end < capacityBytes ? end >>> shift : (capacityBytes - 1 >> shift) + 1;
        for (long i = (begin - 1 >> shift) + 1; i < behind; i++) {
            long bit = 1L << i;
            bits.getAndUpdate((int) (i / Long.SIZE), old -> old | bit);
        }
    }

    /** The image may not have a range any more. */
    void remove(long offset, long bytes) {
        if (offset < 0 || bytes <= 0 || bytes > capacityBytes - offset) {
            return;
        }
        long last = offset + bytes - 1 >>> shift;
        for (long i = offset >>> shift; i <= last; i++) {
            long bit = 1L << i;
            bits.getAndUpdate((int) (i / Long.SIZE), old -> old & ~bit);
        }
    }
}
