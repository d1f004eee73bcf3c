package dev.backplane.storage.luks.internal;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.image.luks.Ciphertext;
import java.lang.foreign.MemorySegment;

/**
 * The encrypted bytes in an image. Any thread.
 *
 * @param image the layer below
 * @param begin where they begin in it
 */
record Payload(ResizableStorage image, long begin) implements Ciphertext {
    private static final int SECTOR_BYTES = 512;

    /** Whole sectors; a header may stand at the end of a file that somebody has cut off. */
    long capacityBytes() {
        return (image.capacityBytes() - begin) / SECTOR_BYTES * SECTOR_BYTES;
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        image.read(begin + offset, target);
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        image.write(begin + offset, source);
    }

    void resize(long bytes) throws StorageException {
        image.resize(begin + bytes);
    }
}
