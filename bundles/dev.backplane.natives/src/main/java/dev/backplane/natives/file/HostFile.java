package dev.backplane.natives.file;

import dev.backplane.natives.HostException;
import org.osgi.annotation.versioning.ProviderType;

/** An open file. Methods may be called from any thread; after {@link #close()} they throw {@link IllegalStateException}. */
@ProviderType
public interface HostFile extends AutoCloseable {

    /** The size in bytes now. */
    long sizeBytes() throws HostException;

    /**
     * Frees the blocks of a range, which reads as zeros afterwards; the size stays (fallocate(2),
     * FALLOC_FL_PUNCH_HOLE). Parts of blocks are overwritten with zeros.
     *
     * @throws HostException EOPNOTSUPP where the file system cannot
     */
    void punchHole(long offset, long lengthBytes) throws HostException;

    /**
     * Where the file system keeps bytes at or behind an offset (lseek(2), SEEK_DATA).
     *
     * @return the next such byte, or -1 where there is none up to the end
     */
    long nextData(long offset) throws HostException;

    /**
     * Where the file system keeps nothing at or behind an offset (lseek(2), SEEK_HOLE).
     *
     * @param offset below the file's size
     * @return the next such byte, which may be the file's end
     */
    long nextHole(long offset) throws HostException;

    /** What the file takes on its file system, in bytes (stat(2), st_blocks). */
    long occupiedBytes() throws HostException;

    /**
     * The descriptor's number, for calls that this interface does not have. It is this file's only while the file is open:
     * whoever passes it on keeps the file open meanwhile.
     */
    int descriptor();

    /** Closes the descriptor; mappings stay. A second call does nothing. */
    @Override
    void close();
}
