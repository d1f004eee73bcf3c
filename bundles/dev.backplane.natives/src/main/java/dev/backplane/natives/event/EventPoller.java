package dev.backplane.natives.event;

import dev.backplane.natives.HostException;
import java.time.Duration;
import org.osgi.annotation.versioning.ProviderType;

/** Waits for many event counters at once (epoll(7)). {@link #await} belongs to one platform thread, the rest to any. */
@ProviderType
public interface EventPoller extends AutoCloseable {

    /**
     * Watches a counter until {@link #remove} or until it is closed.
     *
     * @param counter an open counter
     * @param key what {@link #await} tells of it, zero or more
     * @throws HostException EEXIST where it is watched already
     */
    void add(EventCounter counter, int key) throws HostException;

    /** Watches a counter no more. One that is not watched is no error. */
    void remove(EventCounter counter);

    /**
     * Waits until counters are above zero, and leaves them so: whoever is told takes what they hold. Allocates nothing.
     *
     * @param keys receives the keys of as many as are ready and fit; not empty
     * @param timeout rounded up to milliseconds, some 24 days at the longest; zero or less does not wait
     * @return how many keys were written; 0 when woken or when the time is over
     */
    int await(int[] keys, Duration timeout) throws HostException;

    /** Ends the wait of the thread that is in {@link #await}, or else of the next that comes. Does nothing once closed. */
    void wake();

    /** Ends a wait; the descriptors go when its thread has left it. The counters stay open. A second call does nothing. */
    @Override
    void close();
}
