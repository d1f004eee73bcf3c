package dev.backplane.kernel.internal.memory;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * What a machine's RAM held at one moment. Nothing changes it any more, whatever the machine does that it was taken from and
 * those that stand on it. It is there until it is closed and the last machine that stands on it has ended. Any thread.
 */
public interface FrozenRam extends AutoCloseable {
    /**
     * How much it is.
     *
     * @return bytes, a multiple of the page size
     */
    long bytes();

    /**
     * Makes the memory of a machine that begins with these contents. Pages are shared until somebody writes them, where the
     * host has files in memory; elsewhere they are copied.
     *
     * @param vm the machine's name, for people
     * @return the memory, which its owner closes
     * @throws IOException when the host does not give it
     */
    RamBacking back(String vm) throws IOException;

    /**
     * The bytes, to be read only. Their memory is the frozen one's own: reading them copies nothing.
     *
     * @return one segment, usable on any thread until this is closed
     * @throws IOException when the host does not map them
     */
    MemorySegment segment() throws IOException;

    /**
     * Where there may be anything but zeros.
     *
     * @return ascending, apart from each other
     * @throws IOException when the host does not tell
     */
    List<MemoryRun> data() throws IOException;

    /**
     * Where the contents may differ from what was frozen earlier, of the same machine: at most what has been written since, with
     * a few pages around; of others everything.
     *
     * @param earlier the other, as large; may be closed
     * @return ascending, apart from each other; what {@link #data} does not have of it is zeros now
     */
    List<MemoryRun> changes(FrozenRam earlier);

    /** Gives it up. A second call does nothing. */
    @Override
    void close();
}
