package dev.backplane.disk.internal;

import dev.backplane.api.storage.IdentifiedStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * A disk that is named and not used.
 *
 * @param capacityBytes how long it is taken to be
 * @param identifier what its contents are known by, for a format that notes that
 */
record Nothing(long capacityBytes, Identifier identifier) implements IdentifiedStorage {
    /** Looks, when it is asked for. */
    @FunctionalInterface
    interface Identifier {
        /** Empty where nothing is there. */
        Optional<String> find() throws StorageException;
    }

    @Override
    public Optional<String> contentId() throws StorageException {
        return identifier.find();
    }

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
