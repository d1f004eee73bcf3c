package dev.backplane.natives.memory;

import dev.backplane.natives.HostException;
import dev.backplane.natives.file.HostFile;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import org.osgi.annotation.versioning.ProviderType;

/**
 * An anonymous file in memory. What it holds lives until the file is closed and its last mapping is gone.
 *
 * <p>Closing the file leaves its mappings in place.
 */
@ProviderType
public interface MemoryFile extends HostFile {

    /**
     * Sets the size. Bytes beyond the old size read as zero.
     *
     * @throws HostException EPERM where a seal forbids it
     */
    void resize(long sizeBytes) throws HostException;

    /**
     * Writes bytes without a mapping, which for new pages takes about two thirds of the time (pwrite(2)).
     *
     * @param offset where, within the size
     * @param source native memory; its whole length is written
     * @throws HostException EPERM where a seal forbids it, ENOSPC where the host has no memory left
     */
    void write(long offset, MemorySegment source) throws HostException;

    /**
     * Forbids a kind of change for good.
     *
     * @throws HostException EBUSY for {@link Seal#WRITE} while a shared writable mapping exists
     */
    void seal(Set<Seal> seals) throws HostException;

    /** The seals set so far. */
    Set<Seal> seals() throws HostException;
}
