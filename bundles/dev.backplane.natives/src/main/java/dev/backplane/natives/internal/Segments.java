package dev.backplane.natives.internal;

import java.lang.foreign.MemorySegment;

/** What the kernel is given addresses of. */
final class Segments {
    private Segments() {}

    /** Refuses memory that has no address, or that the kernel would read or write beyond. */
    static void requireNative(MemorySegment segment, long bytes) {
        if (!segment.isNative() || segment.byteSize() < bytes) {
            throw new IllegalArgumentException("%d bytes of %s memory: expected native memory of %d bytes at least"
                    .formatted(segment.byteSize(), segment.isNative() ? "native" : "heap", bytes));
        }
    }
}
