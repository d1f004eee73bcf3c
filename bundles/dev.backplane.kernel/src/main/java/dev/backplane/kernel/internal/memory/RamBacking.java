package dev.backplane.kernel.internal.memory;

import java.lang.foreign.MemorySegment;

/** Where the bytes of a machine's RAM are. */
public interface RamBacking extends AutoCloseable {
    /** Makes the memory of machines. */
    @FunctionalInterface
    interface Source {
        /**
         * Makes zeroed memory.
         *
         * @param vm the machine's name, for people
         * @param bytes how much, a multiple of the page size
         * @return the memory
         * @throws OutOfMemoryError when the host has not that much
         */
        RamBacking allocate(String vm, long bytes);
    }

    /**
     * The bytes.
     *
     * @return one segment, usable on any thread until it is closed
     */
    MemorySegment segment();

    /**
     * A descriptor of the file behind it.
     *
     * @return the descriptor, or -1
     */
    int fileDescriptor();

    /**
     * Gives pages back to the host; they read as zeros afterwards.
     *
     * @param offset the first byte, a multiple of the page size
     * @param bytes how many, a multiple of the page size, at least one page
     */
    void release(long offset, long bytes);

    /** Gives the memory back. Whoever touches it afterwards gets an exception. */
    @Override
    void close();
}
