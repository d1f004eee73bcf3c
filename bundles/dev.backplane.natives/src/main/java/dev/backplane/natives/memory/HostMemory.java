package dev.backplane.natives.memory;

import dev.backplane.natives.HostException;
import dev.backplane.natives.file.HostFile;
import org.osgi.annotation.versioning.ProviderType;

/** Makes memory that is not the Java heap's. Methods may be called from any thread and do not block. */
@ProviderType
public interface HostMemory {

    /** The host's page size in bytes; offsets and lengths of mappings are multiples of it. */
    long pageSizeBytes();

    /** How many mappings one process may have, those of the JVM among them (proc(5), /proc/sys/vm/max_map_count). */
    int mostMappings();

    /**
     * Makes an anonymous file in memory (memfd_create(2)), which reads as zeros and takes memory only where it was written.
     * It can be sealed.
     *
     * @param name shown in {@code /proc/PID/maps}, for people only; up to 249 bytes
     * @param sizeBytes its size, zero or more
     */
    MemoryFile createFile(String name, long sizeBytes) throws HostException;

    /**
     * Maps private memory that no file backs, filled with zeros. Only this kind takes transparent huge pages on every host.
     *
     * @param lengthBytes a positive multiple of {@link #pageSizeBytes()}
     */
    HostMapping allocate(long lengthBytes, Protection protection) throws HostException;

    /**
     * Maps a part of a file. A page without any access lies on each side, so that machine code which runs over an end is stopped.
     *
     * <p>A page whose bytes the file no longer has faults when it is touched: Java gets an {@link InternalError}, machine
     * code ends the process. So a range that ends beyond the file is refused, and a file that someone else may shorten is
     * to be sealed or trusted.
     *
     * @param offset in bytes, a multiple of the page size
     * @param lengthBytes positive; where it is no multiple of the page size, the rest of the last page must not be relied on
     * @throws HostException EINVAL where the range ends beyond the file, or the kernel's own reason
     */
    HostMapping map(HostFile file, long offset, long lengthBytes, Protection protection, Sharing sharing)
            throws HostException;
}
