package dev.backplane.api.console;

import dev.backplane.api.part.PartContext;
import org.osgi.annotation.versioning.ProviderType;

/** All that a console's far end sees of the world. */
@ProviderType
public interface ConsoleContext extends PartContext {
    /** Tells the device that bytes have arrived. Callable on any thread; does not block. */
    void readable();

    /** Tells the device that there is room again. Callable on any thread; does not block. */
    void writable();

    /** Tells the device that the terminal has another size. Callable on any thread; does not block. */
    void resized();
}
