package dev.backplane.api.storage;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A layer that passes everything on to the one below, on the caller's thread and with the caller's memory. A {@link StorageFilter} overrides
 * what it does otherwise:
 *
 * <pre>{@code
 * @Override
 * public void write(long offset, MemorySegment source) throws StorageException {
 *     written.add(source.byteSize());
 *     super.write(offset, source);
 * }
 * }</pre>
 *
 * @param <S> its state
 */
@ConsumerType
public abstract class FilterLayer<S extends Record>
        implements StorageLayer<S>, ResizableStorage, MappedStorage, IdentifiedStorage {
    private final ResizableStorage below;

    /**
     * A layer, quiesced.
     *
     * @param below what it stands on
     */
    protected FilterLayer(ResizableStorage below) {
        this.below = below;
    }

    /**
     * What it stands on.
     *
     * @return always the same
     */
    protected final ResizableStorage below() {
        return below;
    }

    /** Nothing, unless a filter says otherwise. */
    @Override
    public boolean holdsBack() {
        return false;
    }

    @Override
    public long capacityBytes() {
        return below.capacityBytes();
    }

    @Override
    public boolean isWritable() {
        return below.isWritable();
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        below.read(offset, target);
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        below.write(offset, source);
    }

    @Override
    public void flush() throws StorageException {
        below.flush();
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        below.discard(offset, bytes);
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        below.zero(offset, bytes, mayDiscard);
    }

    @Override
    public Extent extent(long offset, long bytes) throws StorageException {
        return MappedStorage.extent(below, offset, bytes);
    }

    @Override
    public Optional<String> contentId() throws StorageException {
        return IdentifiedStorage.contentId(below);
    }

    @Override
    public void resize(long capacityBytes) throws StorageException {
        below.resize(capacityBytes);
    }

    /** Requests are the kernel's to wait for: nothing else is in flight. */
    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {}

    @Override
    public void resume(Resumption why) {}

    @Override
    public void close() {}
}
