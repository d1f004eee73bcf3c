package dev.backplane.kernel.internal.memory;

import dev.backplane.natives.HostException;
import dev.backplane.natives.memory.HostMapping;
import dev.backplane.natives.memory.HostMemory;
import dev.backplane.natives.memory.Protection;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Frozen RAM in files that nobody writes any more. */
final class FrozenFile implements FrozenRam {
    private final HostMemory memory;
    private final MappingBudget budget;
    private final Pieces pieces;
    private @Nullable HostMapping mapping;
    private boolean closed;

    /** Pieces, which are this one's own. */
    FrozenFile(HostMemory memory, MappingBudget budget, Pieces pieces) {
        this.memory = memory;
        this.budget = budget;
        this.pieces = pieces;
    }

    @Override
    public long bytes() {
        return pieces.bytes();
    }

    @Override
    public synchronized RamBacking back(String vm) throws HostException {
        check();
        for (Layer layer : pieces.layers()) {
            layer.seal();
        }
        int more = pieces.count() - 1;
        if (!budget.take(more)) {
            throw new HostException(
                    "mmap", "ENOMEM", "the machines of this process have as many mappings as it may have");
        }
        Pieces own = pieces.copy();
        try {
            return FileBacking.over(memory, budget, vm, own);
        } catch (HostException | RuntimeException e) {
            own.close();
            budget.give(more);
            throw e;
        }
    }

    @Override
    public synchronized MemorySegment segment() throws HostException {
        check();
        HostMapping mapped = mapping;
        if (mapped == null) {
            mapped = pieces.map(memory, Protection.READ);
            mapping = mapped;
        }
        return mapped.segment().asReadOnly();
    }

    @Override
    public synchronized List<MemoryRun> data() throws HostException {
        check();
        return pieces.data();
    }

    @Override
    public List<MemoryRun> changes(FrozenRam earlier) {
        return earlier instanceof FrozenFile other && other.bytes() == bytes()
                ? pieces.differences(other.pieces)
                : List.of(new MemoryRun(0, bytes()));
    }

    /** The file in memory that has all of it, sealed. */
    synchronized Layer only() throws HostException {
        check();
        Layer layer = pieces.layers().iterator().next();
        if (pieces.count() != 1 || layer.isBorrowed()) {
            throw new IllegalStateException("this memory is not one file in memory");
        }
        layer.seal();
        return layer;
    }

    private void check() {
        if (closed) {
            throw new IllegalStateException("this memory is closed");
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            if (mapping != null) {
                mapping.close();
            }
            closed = true;
            pieces.close();
        }
    }
}
