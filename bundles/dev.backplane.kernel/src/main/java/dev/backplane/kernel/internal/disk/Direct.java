package dev.backplane.kernel.internal.disk;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.IdentifiedStorage;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A layer as the one above it sees it.
 *
 * @param layer called on the caller's thread
 * @param stable whether flushes are passed on
 */
record Direct(Storage layer, boolean stable) implements ResizableStorage, MappedStorage, IdentifiedStorage {
    @Override
    public long capacityBytes() {
        return layer.capacityBytes();
    }

    @Override
    public boolean isWritable() {
        return layer.isWritable();
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        layer.read(offset, target);
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        layer.write(offset, source);
    }

    @Override
    public void flush() throws StorageException {
        if (stable) {
            layer.flush();
        }
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        layer.discard(offset, bytes);
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        layer.zero(offset, bytes, mayDiscard);
    }

    @Override
    public Extent extent(long offset, long bytes) throws StorageException {
        return MappedStorage.extent(layer, offset, bytes);
    }

    @Override
    public Optional<String> contentId() throws StorageException {
        return IdentifiedStorage.contentId(layer);
    }

    @Override
    public void resize(long capacityBytes) throws StorageException {
        if (!(layer instanceof ResizableStorage resizable)) {
            throw new StorageException(StorageException.Kind.UNSUPPORTED, "its length cannot be changed");
        }
        resizable.resize(capacityBytes);
    }
}
