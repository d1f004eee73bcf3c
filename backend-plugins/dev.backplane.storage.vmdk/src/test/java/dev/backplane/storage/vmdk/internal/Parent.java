package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.storage.IdentifiedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** An open image as the one that stands on it sees it: it is only read. */
record Parent(Storage image) implements ResizableStorage, IdentifiedStorage {
    private static StorageException refused() {
        return new StorageException(StorageException.Kind.READ_ONLY, "a parent is only read");
    }

    @Override
    public Optional<String> contentId() throws StorageException {
        return IdentifiedStorage.contentId(image);
    }

    @Override
    public long capacityBytes() {
        return image.capacityBytes();
    }

    @Override
    public boolean isWritable() {
        return false;
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        image.read(offset, target);
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        throw refused();
    }

    @Override
    public void flush() throws StorageException {
        throw refused();
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
