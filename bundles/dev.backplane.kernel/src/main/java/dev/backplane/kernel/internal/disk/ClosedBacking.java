package dev.backplane.kernel.internal.disk;

import dev.backplane.api.storage.IdentifiedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * The backing disk of an image that was opened alone. It could be of any length.
 *
 * @param name as the image names it
 */
record ClosedBacking(String name) implements ResizableStorage, IdentifiedStorage {
    private static final long LONGEST = Long.MAX_VALUE / 512 * 512;

    private StorageException refused() {
        return new StorageException(Kind.NOT_FOUND, "the backing file \"%s\" was not opened".formatted(name));
    }

    @Override
    public long capacityBytes() {
        return LONGEST;
    }

    @Override
    public boolean isWritable() {
        return false;
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        throw refused();
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        throw refused();
    }

    @Override
    public Optional<String> contentId() throws StorageException {
        throw refused();
    }

    @Override
    public void flush() {
        // Nothing is kept.
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        throw refused();
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        throw refused();
    }

    @Override
    public void resize(long capacityBytes) throws StorageException {
        throw refused();
    }
}
