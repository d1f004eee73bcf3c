package dev.backplane.natives.memory;

import dev.backplane.natives.HostException;
import dev.backplane.natives.file.HostFile;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import org.osgi.annotation.versioning.ProviderType;

/**
 * A range of this process's addresses that is mapped, until it is closed.
 *
 * <p>Methods may be called from any thread. Offsets and lengths are in bytes, multiples of the page size, and must lie
 * inside the mapping; {@link IllegalArgumentException} says which did not.
 */
@ProviderType
public interface HostMapping extends AutoCloseable {

    /**
     * The whole mapping. Access from any thread; after {@link #close()} an access throws {@link IllegalStateException}. The
     * segment does not know the protection: an access that it forbids ends the process.
     */
    MemorySegment segment();

    /**
     * Puts a part of a file in place of what is mapped there, at the same address and in one step: another thread sees the
     * old page or the new one, never none. This is how a VM's shared memory becomes a private view of a file that is then
     * frozen.
     *
     * @throws HostException EINVAL where the file's range ends beyond the file, or the kernel's own reason
     */
    void replace(long offset, HostFile file, long fileOffset, long lengthBytes, Protection protection, Sharing sharing)
            throws HostException;

    /**
     * Puts private memory that reads as zeros and that no file backs in place of what is mapped there, at the same address and
     * in one step. What the range took of memory goes back to the host, where nobody else maps it. A range in the middle
     * of another counts as two mappings more: see {@link HostMemory#mostMappings}.
     */
    void clear(long offset, long lengthBytes, Protection protection) throws HostException;

    /**
     * Which pages of a range of {@link Sharing#PRIVATE} file mappings were written, so that they are this mapping's own and no
     * longer the file's; whoever writes meanwhile may be seen or not. Pages of a range that was {@link #clear cleared} are
     * its own once they were touched.
     *
     * @return one bit a page; bit 0 is the page at {@code offset}
     * @throws HostException where the host does not tell (proc(5), /proc/self/pagemap)
     */
    BitSet ownPages(long offset, long lengthBytes) throws HostException;

    /** Changes what a range allows. */
    void protect(long offset, long lengthBytes, Protection protection) throws HostException;

    /** Tells the host's kernel what to expect of a range. */
    void advise(long offset, long lengthBytes, Advice advice) throws HostException;

    /**
     * Unmaps. Waits for no one: {@link IllegalStateException} where a foreign call holds the segment at this moment, and
     * then the mapping stays.
     */
    @Override
    void close();
}
