package dev.backplane.testkit.cpu;

import dev.backplane.api.memory.MappedRam;
import dev.backplane.api.memory.RamRange;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/** 4 MiB of RAM with the hole of a PC. */
final class BenchRam implements MappedRam, AutoCloseable {
    private static final long SIZE = 4 << 20;
    private static final long HOLE = 0xa_0000;
    private static final long HOLE_END = 0xc_0000;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(SIZE - HOLE_END + HOLE, 4096);
    private final Set<Long> dirty = new ConcurrentSkipListSet<>();

    /** Where a guest-physical address is. */
    static long offset(long gpa) {
        return gpa < HOLE ? gpa : gpa - HOLE_END + HOLE;
    }

    @Override
    public List<RamRange> ranges() {
        return List.of(new RamRange(0, HOLE), new RamRange(HOLE_END, SIZE - HOLE_END));
    }

    @Override
    public MemorySegment segment() {
        return memory;
    }

    @Override
    public int fileDescriptor() {
        return -1;
    }

    @Override
    public void markDirty(long offset) {
        dirty.add(offset >>> 12);
    }

    boolean isDirty(long gpa) {
        return dirty.contains(offset(gpa) >>> 12);
    }

    void forgetDirty() {
        dirty.clear();
    }

    @Override
    public void close() {
        arena.close();
    }
}
