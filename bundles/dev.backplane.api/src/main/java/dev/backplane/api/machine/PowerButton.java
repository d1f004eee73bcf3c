package dev.backplane.api.machine;

import org.osgi.annotation.versioning.ConsumerType;

/** Implemented by a {@link Board} that has a power button, by which a guest can be asked to shut down. */
@ConsumerType
public interface PowerButton {
    /** Presses it once. Returns at once; the guest decides what follows. Callable on any thread. */
    void press();
}
