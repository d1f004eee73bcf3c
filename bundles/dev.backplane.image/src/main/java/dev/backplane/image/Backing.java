package dev.backplane.image;

import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** The disk that shows through where an image has nothing of its own. It may be shorter: behind its end are zeros. Any thread. */
public final class Backing {
    /** Nothing: zeros. */
    public static final Backing NONE = new Backing(null, 0, 0);

    private final @Nullable Storage disk;
    private final long begin;
    private final long bytes;

    private Backing(@Nullable Storage disk, long begin, long bytes) {
        this.disk = disk;
        this.begin = begin;
        this.bytes = bytes;
    }

    /**
     * A disk.
     *
     * @param disk only read; it keeps its length
     * @return what shows through a disk that begins where this one does
     */
    public static Backing of(Storage disk) {
        return new Backing(disk, 0, disk.capacityBytes());
    }

    /**
     * What is behind a part of an image.
     *
     * @param offset where the part begins
     * @return the rest, from there on
     */
    public Backing from(long offset) {
        return disk == null ? this : new Backing(disk, begin + offset, bytes - offset);
    }

    /**
     * Whether something may show through.
     *
     * @param offset a byte
     * @return false where it and all behind it read as zeros
     */
    public boolean shows(long offset) {
        return offset < bytes;
    }

    /**
     * Reads.
     *
     * @param offset the first byte
     * @param target filled wholly
     * @throws StorageException when it cannot be read
     */
    public void read(long offset, MemorySegment target) throws StorageException {
        long there = Math.clamp(bytes - offset, 0L, target.byteSize());
        if (disk != null && there > 0) {
            disk.read(begin + offset, target.asSlice(0, there));
        }
        target.asSlice(there).fill((byte) 0);
    }
}
