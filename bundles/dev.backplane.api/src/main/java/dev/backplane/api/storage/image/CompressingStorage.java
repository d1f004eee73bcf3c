package dev.backplane.api.storage.image;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/** An open image that can keep bytes compressed. */
@ConsumerType
public interface CompressingStorage extends Storage {
    /**
     * What is compressed as one.
     *
     * @return bytes
     */
    int compressedUnitBytes();

    /**
     * Whether units may be written in any order and on several threads at once.
     *
     * @return false where each has to stand behind the one before it
     */
    boolean compressesInAnyOrder();

    /**
     * Writes units of which nothing has been written yet, compressed where that makes them smaller.
     *
     * @param offset the first byte, a multiple of {@link #compressedUnitBytes}
     * @param source whole units; the last one may end with the disk
     * @throws StorageException when it cannot, or the range is not within the capacity
     */
    void writeCompressed(long offset, MemorySegment source) throws StorageException;
}
