package dev.backplane.image.luks;

import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;

/** Where encrypted bytes are. Called in whole sectors of 512 bytes, on the thread of whoever reads or writes the disk. */
public interface Ciphertext extends ByteSource {
    /**
     * Writes.
     *
     * @param offset the first byte
     * @param source all of it
     * @throws StorageException when it cannot be written
     */
    void write(long offset, MemorySegment source) throws StorageException;
}
