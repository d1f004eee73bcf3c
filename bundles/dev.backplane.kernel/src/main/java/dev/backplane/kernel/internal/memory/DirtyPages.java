package dev.backplane.kernel.internal.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** One bit for each page that was written since it was last asked. Marking allocates nothing and is safe on any thread. */
final class DirtyPages {
    /** The page size of the bitmap, whatever the host's is. */
    static final int PAGE_BYTES = 4096;

    private static final int PAGE_SHIFT = 12;
    private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] words;

    DirtyPages(long bytes) {
        words = new long[Math.toIntExact((bytes >>> PAGE_SHIFT) + 63 >>> 6)];
    }

    void mark(long offset) {
        long page = offset >>> PAGE_SHIFT;
        int word = (int) (page >>> 6);
        long bit = 1L << page;
        // A page is usually dirty already: the plain look saves the locked instruction.
        if (((long) WORDS.getOpaque(words, word) & bit) == 0) {
            WORDS.getAndBitwiseOr(words, word, bit);
        }
    }

    void mark(long offset, long length) {
        long end = offset + length;
        for (long at = offset & -PAGE_BYTES; at < end; at += PAGE_BYTES) {
            mark(at);
        }
    }

    boolean isDirty(long offset) {
        long page = offset >>> PAGE_SHIFT;
        return ((long) WORDS.getOpaque(words, (int) (page >>> 6)) & 1L << page) != 0;
    }

    /** Takes the bits of 64 pages and clears them. */
    long take(int word) {
        return (long) WORDS.getAndSet(words, word, 0L);
    }

    int words() {
        return words.length;
    }
}
