package dev.backplane.kernel.internal.memory;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

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

        /**
         * Looks at memory that lies in files, without reading it: pages come when somebody touches them. Who would change the files waits until
         * nothing stands on them any more, but for some time only (45 s): whoever stands on them goes over to memory before
         * ({@link RamBacking#moveTo}).
         *
         * @param bytes how much, a multiple of the page size
         * @param runs all of it, ascending
         * @return the contents, which the caller closes; empty where the host does not keep others from changing the files, has no mappings, or
         *     a file is too short: they are to be read then
         */
        default Optional<FrozenRam> lookAt(long bytes, List<FileRun> runs) {
            return Optional.empty();
        }
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
     * @return the descriptor, or -1 where there is none that shows what is written from now on
     */
    int fileDescriptor();

    /**
     * Gives pages back to the host; they read as zeros afterwards.
     *
     * @param offset the first byte, a multiple of the page size
     * @param bytes how many, a multiple of the page size, at least one page
     */
    void release(long offset, long bytes);

    /**
     * Where a range may take memory of the host's that it would not take if nobody had touched it since it was given back. What is not among that
     * reads as zeros.
     *
     * @param offset the first byte, a multiple of the page size
     * @param bytes how many, a multiple of the page size, at least one page
     * @return ascending, apart from each other; the whole range where the host does not tell
     */
    default List<MemoryRun> held(long offset, long bytes) {
        return List.of(new MemoryRun(offset, bytes));
    }

    /**
     * Keeps what the memory holds now. The memory goes on at the same addresses; what is written from now on is its own.
     * For whoever has seen to it that nobody writes meanwhile, and that no write lease is open.
     *
     * <p>On a host with files in memory the first freeze of a machine takes a few milliseconds, whatever it holds; a later one
     * copies what was written since the one before. Elsewhere everything is copied.
     *
     * @return the contents, which the caller closes
     * @throws IOException when the host has not enough memory, or does not allow it; the memory is as it was
     */
    FrozenRam freeze() throws IOException;

    /**
     * Takes pages that still come from files of the host's file system from elsewhere; what was written since stays. For whoever has seen to it
     * that nobody reads or writes meanwhile. Does nothing where there are none.
     *
     * @param same what the files held, wholly in memory
     * @throws IOException when the host does not allow it; what the memory holds is as it was
     */
    default void moveTo(FrozenRam same) throws IOException {}

    /** Gives the memory back. Whoever touches it afterwards gets an exception. */
    @Override
    void close();
}
