package dev.backplane.api.memory;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The host mapping of a machine's RAM, for its CPU backend alone. All ranges lie one after the other in one segment.
 * Callable on any thread; {@link #markDirty} is a hot path and allocates nothing.
 */
@ProviderType
public interface MappedRam {
    /**
     * The ranges in the order of their addresses; range <i>n</i> begins in the segment where range <i>n - 1</i> ends.
     *
     * @return at least one
     */
    List<RamRange> ranges();

    /**
     * All RAM, readable and writable.
     *
     * @return one segment, alive as long as the partition
     */
    MemorySegment segment();

    /**
     * A descriptor of the file behind it that a CPU backend may map again, where the host has such. A machine that was cloned or
     * snapshotted, or began as a clone, has none: what it writes is in {@link #segment} alone, which stays where it is.
     *
     * @return the descriptor, or -1
     */
    int fileDescriptor();

    /**
     * Marks the page that holds an offset of the segment as written. Every writer calls it before its first write to a
     * page after {@link dev.backplane.api.cpu.Partition#protectPages}.
     *
     * @param offset into the segment, in bytes
     */
    void markDirty(long offset);
}
