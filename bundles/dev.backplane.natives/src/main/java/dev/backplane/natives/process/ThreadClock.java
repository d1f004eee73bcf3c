package dev.backplane.natives.process;

import org.osgi.annotation.versioning.ProviderType;

/** The processor time that one thread has used. */
@ProviderType
public interface ThreadClock {

    /**
     * Nanoseconds of processor time since the thread started, monotonic. Any thread may ask; allocates nothing.
     *
     * @throws IllegalStateException when the thread has ended
     */
    long nanos();
}
