package dev.backplane.disk.internal;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.lang.foreign.MemorySegment;

/**
 * A disk that is named and not opened.
 *
 * @param capacityBytes how long it is taken to be
 */
record Nothing(long capacityBytes) implements Storage {
    private static StorageException refused() {
        return new StorageException(Kind.NOT_FOUND, "the file was not opened: leave -u out");
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
}
