package dev.backplane.api.part;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A part that can tell whether it will be able to do its work. Implemented beside {@link Part}.
 *
 * <p>Where a part is to take over from another one that still sits in the bay, this is the last word before the old one is given up: whoever
 * finds something wrong here costs the guest nothing but a moment.
 */
@ConsumerType
public interface HealthChecked {
    /**
     * Looks whether the part can do its work where it has been restored. Called once, on a kernel thread, after the factory's {@code
     * restore} and before the first {@link Part#resume}; also where a swap is only rehearsed. It may read what it stands on. What it would
     * change outside - the disk below, guest memory, a console - is refused.
     *
     * @param deadline when the kernel gives up waiting, and the old part goes on
     * @throws Exception when it cannot: the message is told to people
     */
    void checkHealth(Deadline deadline) throws Exception;
}
