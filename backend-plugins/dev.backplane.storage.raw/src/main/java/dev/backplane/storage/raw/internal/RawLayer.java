package dev.backplane.storage.raw.internal;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageLayer;
import java.lang.foreign.MemorySegment;

/**
 * A stretch of the layer below. Each call is passed on by the thread that it comes on.
 */
final class RawLayer implements StorageLayer<RawState> {
    private final Storage below;
    private final long begin;
    private final long capacityBytes;

    RawLayer(Storage below, long begin, long capacityBytes) {
        this.below = below;
        this.begin = begin;
        this.capacityBytes = capacityBytes;
    }

    @Override
    public long capacityBytes() {
        return capacityBytes;
    }

    @Override
    public boolean isWritable() {
        return below.isWritable();
    }

    private long checked(long offset, long bytes) throws StorageException {
        StorageException.checkRange(offset, bytes, capacityBytes);
        return begin + offset;
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        below.read(checked(offset, target.byteSize()), target);
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        below.write(checked(offset, source.byteSize()), source);
    }

    @Override
    public void flush() throws StorageException {
        below.flush();
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        below.discard(checked(offset, bytes), bytes);
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        below.zero(checked(offset, bytes), bytes, mayDiscard);
    }

    @Override
    public void quiesce(Deadline deadline) {
        // Nothing is kept.
    }

    @Override
    public RawState save() {
        return new RawState();
    }

    @Override
    public void resume(Resumption why) {
        // Nothing to start.
    }

    @Override
    public void close() {
        // Holds nothing.
    }
}
