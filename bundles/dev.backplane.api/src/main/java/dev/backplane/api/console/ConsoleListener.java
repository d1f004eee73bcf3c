package dev.backplane.api.console;

import org.osgi.annotation.versioning.ConsumerType;

/** Told when a console that had nothing, or no room, has some again. Called on a kernel thread; must not block. */
@ConsumerType
public interface ConsoleListener {
    /** Bytes may have arrived. May come without any. */
    void readable();

    /** There may be room again. May come without any. */
    void writable();

    /** The terminal at the far end may have another size. May come without. */
    default void resized() {}
}
