package dev.backplane.natives.event;

import dev.backplane.natives.HostException;
import org.osgi.annotation.versioning.ProviderType;

/** Makes event counters. Methods may be called from any thread. */
@ProviderType
public interface HostEvents {

    /** A counter at zero. */
    EventCounter counter() throws HostException;

    /** A wait that watches nothing yet. */
    EventPoller poller() throws HostException;
}
