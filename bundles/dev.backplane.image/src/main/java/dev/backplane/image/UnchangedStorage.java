package dev.backplane.image;

import dev.backplane.api.storage.IdentifiedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A storage that is only looked at, where what looks wants one that it could write. Any thread.
 *
 * @param below what is looked at
 */
public record UnchangedStorage(Storage below) implements ResizableStorage, IdentifiedStorage {
    private static StorageException refused() {
        return new StorageException(Kind.READ_ONLY, "it is only looked at");
    }

    @Override
    public Optional<String> contentId() throws StorageException {
        return IdentifiedStorage.contentId(below);
    }

    @Override
    public long capacityBytes() {
        return below.capacityBytes();
    }

    @Override
    public boolean isWritable() {
        return false;
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        below.read(offset, target);
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        throw refused();
    }

    /** Nothing is written. */
    @Override
    public void flush() {}

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
