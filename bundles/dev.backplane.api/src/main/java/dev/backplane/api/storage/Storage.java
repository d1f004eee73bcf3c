package dev.backplane.api.storage;

import java.lang.foreign.MemorySegment;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A range of bytes that can be read and written. Callable on any thread that may block, on several at once; what overlaps at the same time
 * has no order. A write is stable after the next {@link #flush} that begins behind its end.
 */
@ConsumerType
public interface Storage {
    /**
     * How long it is.
     *
     * @return bytes; may change while it is used, if somebody resizes it. While it is away: what it was
     */
    long capacityBytes();

    /**
     * Whether it can be written.
     *
     * @return false where every write fails
     */
    boolean isWritable();

    /**
     * Reads.
     *
     * @param offset the first byte
     * @param target filled wholly; not to be kept
     * @throws StorageException when it cannot, or the range is not within the capacity
     */
    void read(long offset, MemorySegment target) throws StorageException;

    /**
     * Writes.
     *
     * @param offset the first byte
     * @param source all of it; not to be kept
     * @throws StorageException when it cannot, or the range is not within the capacity
     */
    void write(long offset, MemorySegment source) throws StorageException;

    /**
     * Makes stable what has been written.
     *
     * @throws StorageException when it cannot: nothing is known of earlier writes then
     */
    void flush() throws StorageException;

    /**
     * Says that a range is not needed any more; it may read as anything that was there before, or as zeros.
     *
     * @param offset the first byte
     * @param bytes how many
     * @throws StorageException when it cannot, or the range is not within the capacity
     */
    void discard(long offset, long bytes) throws StorageException;

    /**
     * Makes a range read as zeros.
     *
     * @param offset the first byte
     * @param bytes how many
     * @param mayDiscard whether the space may be given up
     * @throws StorageException when it cannot, or the range is not within the capacity
     */
    void zero(long offset, long bytes, boolean mayDiscard) throws StorageException;
}
