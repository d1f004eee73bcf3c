package dev.backplane.image;

import dev.backplane.api.storage.StorageException;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ConsumerType;

/** Where the blocks of a disk are in its image. Called by {@link BlockStorage} under its monitor, one call at a time. */
@ConsumerType
public interface BlockTable {
    /** The image has no bytes for the block, which reads as its backing disk does, or as zeros where there is none. */
    long HOLE = -1;

    /** The image has no bytes for the block, which reads as zeros whatever a backing disk has. */
    long ZEROS = -2;

    /**
     * Where a block is.
     *
     * @param block its number
     * @return the offset of its first byte in the image, {@link #HOLE} or {@link #ZEROS}
     * @throws StorageException when the table says what cannot be, or cannot be read
     */
    long place(long block) throws StorageException;

    /**
     * Which sectors of a block count, for formats that keep account of it.
     *
     * @param block one that has a place
     * @return a bit for each 512 bytes, the highest of a byte first, those that are clear read as zeros; null: every sector counts
     * @throws StorageException when it cannot be read
     */
    default byte @Nullable [] sectors(long block) throws StorageException {
        return null;
    }

    /**
     * Something is about to be written, for the first time since the image was opened.
     *
     * @throws StorageException when the image cannot be written
     */
    default void begin() throws StorageException {}

    /**
     * A block that has a place is about to be written: every sector of it counts from now on.
     *
     * @param block its number
     * @throws StorageException when that cannot be noted
     */
    default void touch(long block) throws StorageException {}

    /**
     * Takes room for one more block behind all others. Nothing leads there yet.
     *
     * @return the offset of its first byte
     * @throws StorageException when the format has no room
     */
    long append() throws StorageException;

    /**
     * A block has a place from now on, whose bytes have been written, though not flushed.
     *
     * @param block its number
     * @param place where it is, as {@link #append} said
     * @throws StorageException when the table cannot be read
     */
    void lead(long block, long place) throws StorageException;

    /**
     * A block without a place is to read as zeros whatever a backing disk has.
     *
     * @param block its number
     * @return false where the format cannot say so: then it gets a place
     * @throws StorageException when the table cannot be read
     */
    default boolean clear(long block) throws StorageException {
        return false;
    }

    /**
     * What has been changed and not been written.
     *
     * @return how many pages; 0: nothing
     */
    int changes();

    /**
     * Writes what has been changed. All blocks that it leads to are stable; it flushes between its own writes where their order matters. After
     * a failure it is called again.
     *
     * @throws StorageException when it cannot be written
     */
    void write() throws StorageException;
}
