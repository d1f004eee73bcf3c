package dev.backplane.kernel.internal.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.List;
import java.util.function.LongFunction;

/** A copy of a machine's RAM, for hosts that have no anonymous files. */
final class FrozenCopy implements FrozenRam {
    private static final int PAGE = DirtyPages.PAGE_BYTES;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment copy;

    FrozenCopy(MemorySegment ram) {
        copy = arena.allocate(ram.byteSize(), PAGE);
        copy.copyFrom(ram);
    }

    @Override
    public long bytes() {
        return copy.byteSize();
    }

    @Override
    public RamBacking back(String vm) {
        PlainBacking backing = new PlainBacking(copy.byteSize());
        backing.segment().copyFrom(copy);
        return backing;
    }

    @Override
    public MemorySegment segment() {
        return copy.asReadOnly();
    }

    @Override
    public List<MemoryRun> data() {
        MemorySegment zeros = MemorySegment.ofArray(new byte[PAGE]);
        return runs(page -> zeros);
    }

    @Override
    public List<MemoryRun> changes(FrozenRam earlier) {
        if (earlier instanceof FrozenCopy other && other.arena.scope().isAlive() && other.bytes() == bytes()) {
            return runs(page -> other.copy.asSlice(page, PAGE));
        }
        return List.of(new MemoryRun(0, bytes()));
    }

    /** The pages that are not like others. */
    private List<MemoryRun> runs(LongFunction<MemorySegment> others) {
        BitSet pages = new BitSet();
        for (long page = 0; page < bytes(); page += PAGE) {
            if (copy.asSlice(page, PAGE).mismatch(others.apply(page)) >= 0) {
                pages.set((int) (page / PAGE));
            }
        }
        return MemoryRun.of(pages, PAGE, 0);
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
