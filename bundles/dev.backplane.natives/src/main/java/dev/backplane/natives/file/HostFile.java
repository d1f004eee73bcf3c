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
     * The descriptor's number, for calls that this interface does not have. It is this file's only while the file is open:
     * whoever passes it on keeps the file open meanwhile.
     */
    int descriptor();

    /** Closes the descriptor; mappings stay. A second call does nothing. */
    @Override
    void close();
}
