package dev.backplane.natives.terminal;

import org.osgi.annotation.versioning.ProviderType;

/** A terminal's mode that lasts until it is closed. */
@ProviderType
public interface ModeChange extends AutoCloseable {

    /**
     * Sets the mode again after someone else changed it, such as after the process was stopped and continued. Does nothing
     * once closed.
     */
    void reapply();

    /**
     * Puts back the mode that was found. A second call does nothing, and a terminal that is gone is no error: there is
     * nobody to tell.
     */
    @Override
    void close();
}
