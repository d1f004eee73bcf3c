package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.lang.foreign.MemorySegment;

/**
 * A storage that is only looked at.
 *
 * @param below what is looked at
 */
record Unchanged(Storage below) implements ResizableStorage {
    private static StorageException refused() {
        return new StorageException(Kind.READ_ONLY, "it is only looked at");
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

    @Override
    public void flush() {
        // Nothing is written.
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
