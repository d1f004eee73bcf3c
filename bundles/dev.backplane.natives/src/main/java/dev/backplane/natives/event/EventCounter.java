package dev.backplane.natives.event;

import org.osgi.annotation.versioning.ProviderType;

/** An event counter (eventfd(2)). Methods may be called from any thread, never wait and allocate nothing. */
@ProviderType
public interface EventCounter extends AutoCloseable {

    /** Adds one. Takes no lock; does nothing once closed. */
    void signal();

    /** What has been added since the last call, which sets it to zero; zero also once closed. */
    long take();

    /** The descriptor's number, for calls that this interface does not have. It is this counter's only while that is open. */
    int descriptor();

    /** Closes the descriptor, once no call on another thread is under way any more. A second call does nothing. */
    @Override
    void close();
}
