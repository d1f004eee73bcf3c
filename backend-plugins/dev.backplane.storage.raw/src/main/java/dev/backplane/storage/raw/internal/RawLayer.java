package dev.backplane.storage.raw.internal;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageLayer;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;

/**
 * A stretch of the layer below. Each call is passed on by the thread that it comes on. A last sector of which the layer below has only a
 * part ends with zeros, and is completed when it is written.
 */
final class RawLayer implements StorageLayer<RawState>, ResizableStorage, MappedStorage {
    private final ResizableStorage below;
    private final long begin;
    private final boolean toTheEnd;
    private volatile long capacityBytes;
    /** How much of it the layer below has. */
    private volatile long thereBytes;

    /**
     * @param toTheEnd whether it ends where the layer below does
     */
    RawLayer(ResizableStorage below, long begin, long capacityBytes, long thereBytes, boolean toTheEnd) {
        this.below = below;
        this.begin = begin;
        this.capacityBytes = capacityBytes;
        this.thereBytes = thereBytes;
        this.toTheEnd = toTheEnd;
    }

    @Override
    public boolean holdsBack() {
        return false;
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

    /** The part of a range that the layer below has. */
    private long there(long offset, long bytes) {
        return Math.clamp(thereBytes - offset, 0L, bytes);
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        long from = checked(offset, target.byteSize());
        long there = there(offset, target.byteSize());
        if (there > 0) {
            below.read(from, target.asSlice(0, there));
        }
        target.asSlice(there).fill((byte) 0);
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        long to = checked(offset, source.byteSize());
        complete(offset + source.byteSize());
        below.write(to, source);
    }

    private void complete(long end) throws StorageException {
        if (end > thereBytes) {
            synchronized (this) {
                if (end > thereBytes) {
                    below.resize(begin + capacityBytes);
                    thereBytes = capacityBytes;
                }
            }
        }
    }

    @Override
    public void flush() throws StorageException {
        below.flush();
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        long from = checked(offset, bytes);
        below.discard(from, there(offset, bytes));
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        long from = checked(offset, bytes);
        below.zero(from, there(offset, bytes), mayDiscard);
    }

    @Override
    public Extent extent(long offset, long bytes) throws StorageException {
        long from = checked(offset, bytes);
        long there = there(offset, bytes);
        if (there == 0) {
            return new Extent(offset, bytes, Extent.Kind.ZERO);
        }
        Extent found = MappedStorage.extent(below, from, there);
        // What the layer below does not have shows nothing else here.
        Extent.Kind kind = found.kind() == Extent.Kind.DATA ? Extent.Kind.DATA : Extent.Kind.ZERO;
        return new Extent(
                offset,
                found.bytes(),
                kind,
                kind == Extent.Kind.DATA ? OptionalLong.of(from) : OptionalLong.empty(),
                false);
    }

    @Override
    public synchronized void resize(long bytes) throws StorageException {
        if (!toTheEnd) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "a stretch with a size of its own has no other: change the option size");
        }
        below.resize(begin + bytes);
        thereBytes = bytes;
        capacityBytes = bytes;
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
