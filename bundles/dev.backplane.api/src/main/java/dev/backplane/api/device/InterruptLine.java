package dev.backplane.api.device;

import org.osgi.annotation.versioning.ProviderType;

/** An interrupt line of a device. The bay owns its level. Callable on any thread; does not block. */
@ProviderType
public interface InterruptLine {
    /**
     * Sets the level. Raising a line that is up does nothing.
     *
     * @param up whether the line is asserted
     */
    void set(boolean up);

    /** One edge: up and down again. */
    default void pulse() {
        set(true);
        set(false);
    }
}
