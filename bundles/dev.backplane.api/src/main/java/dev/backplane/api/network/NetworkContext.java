package dev.backplane.api.network;

import dev.backplane.api.part.PartContext;
import org.osgi.annotation.versioning.ProviderType;

/** All that a network sees of the world. */
@ProviderType
public interface NetworkContext extends PartContext {
    /** Tells the device that frames have arrived for it. Callable on any thread; does not block. */
    void readable();

    /** Tells the device that there is room for frames again. Callable on any thread; does not block. */
    void writable();

    /** Tells the device that {@link NetworkPort#isUp} may answer otherwise. Callable on any thread; does not block. */
    void linkChanged();
}
