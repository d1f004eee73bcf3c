package dev.backplane.natives.terminal;

import dev.backplane.natives.HostException;
import java.time.Duration;
import org.osgi.annotation.versioning.ProviderType;

/**
 * One direction of a descriptor, read or written by one platform thread at a time, which waits in the kernel and which any
 * other thread can wake. A loop over it allocates nothing.
 */
@ProviderType
public interface ByteStream extends AutoCloseable {

    /** What {@link #read} says at the end of the stream. */
    int END = -1;

    /** Waits without limit. */
    Duration FOREVER = Duration.ofMillis(Long.MAX_VALUE);

    /**
     * Reads what has arrived, waiting for the first byte.
     *
     * @param timeout rounded up to milliseconds; zero or less does not wait
     * @return the bytes read, 0 when woken or when the time is over, or {@link #END}
     */
    int read(byte[] target, int offset, int length, Duration timeout) throws HostException;

    /**
     * Writes what fits now, waiting until something does.
     *
     * @param timeout rounded up to milliseconds; zero or less does not wait
     * @return the bytes written, fewer than {@code length} where no more fitted; 0 when woken or when the time is over
     * @throws HostException EPIPE when nobody reads any more
     */
    int write(byte[] source, int offset, int length, Duration timeout) throws HostException;

    /**
     * Ends the wait of the thread that is in {@link #read} or {@link #write}, or else of the next that comes. Wakes do not
     * add up. Any thread; does nothing once closed.
     */
    void wake();

    /**
     * Ends a wait and closes the stream once its thread has left it; later reads and writes throw {@link
     * IllegalStateException}. A second call does nothing.
     */
    @Override
    void close();
}
