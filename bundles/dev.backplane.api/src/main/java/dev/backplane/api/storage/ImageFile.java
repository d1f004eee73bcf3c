package dev.backplane.api.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A file of the host that holds bytes of a disk: opened, locked and kept by the bay, so that a successor finds it open. Callable on any
 * thread.
 */
@ProviderType
public interface ImageFile extends AutoCloseable {
    /**
     * The file.
     *
     * @return always the same
     */
    FileChannel channel();

    /**
     * Where there are bytes at or behind an offset.
     *
     * @param offset from 0
     * @return the next byte that the file system keeps; {@code offset} where it cannot tell; -1 where there is none up to the end
     * @throws IOException when it cannot be read
     */
    long nextData(long offset) throws IOException;

    /**
     * Where there is a hole at or behind an offset.
     *
     * @param offset from 0, below the file's length
     * @return the next byte that the file system does not keep, the file's length at the latest, also where it cannot tell
     * @throws IOException when it cannot be read
     */
    long nextHole(long offset) throws IOException;

    /**
     * Gives up the space of a range within the file, which reads as zeros afterwards. The length stays.
     *
     * @param offset the first byte
     * @param bytes how many
     * @return false where the file system cannot, and nothing has happened
     * @throws IOException when it failed
     */
    boolean punchHole(long offset, long bytes) throws IOException;

    /**
     * What it takes on the host.
     *
     * @return bytes; the length where the host does not tell
     * @throws IOException when it cannot be read
     */
    long occupiedBytes() throws IOException;

    /**
     * Closes it and gives the lock up. The bay does that.
     *
     * @throws IOException when the host reports what went wrong with earlier writes
     */
    @Override
    void close() throws IOException;
}
