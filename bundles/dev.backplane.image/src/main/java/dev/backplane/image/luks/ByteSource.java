package dev.backplane.image.luks;

import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;

/** Where bytes are that are only read. Called in whole sectors of 512 bytes, on the caller's thread. */
@FunctionalInterface
public interface ByteSource {
    /**
     * Reads; what is behind the end is filled with anything.
     *
     * @param offset the first byte
     * @param target filled wholly
     * @throws StorageException when it cannot be read
     */
    void read(long offset, MemorySegment target) throws StorageException;
}
