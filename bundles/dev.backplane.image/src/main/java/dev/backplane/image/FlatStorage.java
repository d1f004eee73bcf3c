package dev.backplane.image;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;

/** A disk whose bytes stand in the image as they are. */
public final class FlatStorage implements ImageStorage {
    private final ImageBytes file;
    private final long begin;
    private volatile long capacityBytes;

    /**
     * A stretch of an image.
     *
     * @param file the image
     * @param begin where the disk begins in it
     * @param capacityBytes how long it is; the image has them all
     */
    public FlatStorage(ImageBytes file, long begin, long capacityBytes) {
        this.file = file;
        this.begin = begin;
        this.capacityBytes = capacityBytes;
    }

    @Override
    public long capacityBytes() {
        return capacityBytes;
    }

    /**
     * Changes its length, once the image has been prepared for it.
     *
     * @param next the new one
     */
    public void capacityBytes(long next) {
        capacityBytes = next;
    }

    @Override
    public boolean isWritable() {
        return file.isWritable();
    }

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        StorageException.checkRange(offset, target.byteSize(), capacityBytes);
        file.read(begin + offset, target);
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        file.checkWritable();
        StorageException.checkRange(offset, source.byteSize(), capacityBytes);
        file.write(begin + offset, source);
    }

    @Override
    public void flush() throws StorageException {
        if (file.isWritable()) {
            file.flush();
        }
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        file.checkWritable();
        StorageException.checkRange(offset, bytes, capacityBytes);
        file.discard(begin + offset, bytes);
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        file.checkWritable();
        StorageException.checkRange(offset, bytes, capacityBytes);
        file.zero(begin + offset, bytes, mayDiscard);
    }

    @Override
    public Extent extent(long offset, long bytes) throws StorageException {
        StorageException.checkRange(offset, bytes, capacityBytes);
        return file.extent(begin + offset, offset, bytes);
    }

    @Override
    public void passOn() {
        // Nothing is held back.
    }
}
