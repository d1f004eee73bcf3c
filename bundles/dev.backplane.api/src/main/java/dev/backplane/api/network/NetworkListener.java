package dev.backplane.api.network;

import org.osgi.annotation.versioning.ConsumerType;

/** Told when a network that had nothing, or no room, has some again. Called on a kernel thread; must not block. */
@ConsumerType
public interface NetworkListener {
    /** Frames may have arrived. May come without any. */
    void readable();

    /** There may be room again. May come without any. */
    void writable();

    /** The link may have gone up or down, or what the network takes may have changed. May come without any of it. */
    void linkChanged();
}
