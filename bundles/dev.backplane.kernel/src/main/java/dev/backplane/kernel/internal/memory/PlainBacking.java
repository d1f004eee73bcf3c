package dev.backplane.kernel.internal.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory without a file behind it, for hosts that have no anonymous files. */
public final class PlainBacking implements RamBacking {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;

    /**
     * Allocates.
     *
     * @param bytes how much
     */
    public PlainBacking(long bytes) {
        segment = arena.allocate(bytes, DirtyPages.PAGE_BYTES);
    }

    @Override
    public MemorySegment segment() {
        return segment;
    }

    @Override
    public int fileDescriptor() {
        return -1;
    }

    /** What the process has from its allocator stays its own: only the bytes go. */
    @Override
    public void release(long offset, long bytes) {
        segment.asSlice(offset, bytes).fill((byte) 0);
    }

    @Override
    public FrozenRam freeze() {
        return new FrozenCopy(segment);
    }

    @Override
    public void close() {
        arena.close();
    }
}
