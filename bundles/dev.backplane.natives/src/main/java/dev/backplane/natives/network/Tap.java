package dev.backplane.natives.network;

import dev.backplane.natives.HostException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import org.osgi.annotation.versioning.ProviderType;

/**
 * This process's side of an interface. Reading and writing never wait and allocate nothing; they may come from any threads, {@link #await}
 * belongs to one platform thread at a time.
 */
@ProviderType
public interface Tap extends AutoCloseable {
    /** The header before each frame. */
    int HEADER_BYTES = 12;

    /** The interface's name. */
    String name();

    /**
     * Says what frames that are read may leave to do.
     *
     * @param checksum a checksum
     * @param tcp4 TCP over IPv4 that is to be cut
     * @param tcp6 TCP over IPv6 that is to be cut
     * @param congestion CWR for the first segment alone
     */
    void setOffloads(boolean checksum, boolean tcp4, boolean tcp6, boolean congestion) throws HostException;

    /**
     * Reads the next frame behind its header.
     *
     * @param target native memory; what does not fit is lost
     * @return bytes, header included; 0 when there is none
     */
    int read(MemorySegment target) throws HostException;

    /**
     * Writes a frame behind its header.
     *
     * @param source native memory, all of it
     * @return false when there is no room
     * @throws HostException EINVAL where the kernel does not understand the header, EIO while the interface is down
     */
    boolean write(MemorySegment source) throws HostException;

    /**
     * Waits until a frame has arrived, or until {@link #wake}.
     *
     * @param timeout rounded up to milliseconds; zero or less does not wait
     * @return false when woken or when the time is over
     */
    boolean await(Duration timeout) throws HostException;

    /** Ends the wait of the thread that is in {@link #await}, or else of the next that comes. Does nothing once closed. */
    void wake();

    /** Gives the interface up. A second call does nothing; later calls throw {@link IllegalStateException}. */
    @Override
    void close();
}
