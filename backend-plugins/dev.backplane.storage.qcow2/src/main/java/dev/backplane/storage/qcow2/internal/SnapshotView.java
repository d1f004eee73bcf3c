package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.lang.foreign.MemorySegment;

/**
 * A disk as a snapshot has it.
 *
 * @param reading reads through tables
 * @param mapping the snapshot's
 * @param capacityBytes how long the disk was
 */
record SnapshotView(Reading reading, Mapping mapping, long capacityBytes) implements MappedStorage {
    private static StorageException refused() {
        return new StorageException(Kind.READ_ONLY, "a snapshot cannot be written");
    }

    @Override
    public boolean isWritable() {
        return false;
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        StorageException.checkRange(offset, target.byteSize(), capacityBytes);
        reading.read(mapping, offset, target);
    }

    @Override
    public Extent extent(long offset, long bytes) throws StorageException {
        StorageException.checkRange(offset, bytes, capacityBytes);
        return reading.extent(mapping, offset, bytes);
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
}
