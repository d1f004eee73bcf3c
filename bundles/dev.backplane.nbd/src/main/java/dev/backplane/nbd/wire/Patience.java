package dev.backplane.nbd.wire;

import java.io.IOException;

/** Decides how long somebody waits for the far end. */
@FunctionalInterface
public interface Patience {
    /**
     * Called every fifth of a second or more often while a socket gives nothing, or takes nothing.
     *
     * @throws IOException to wait no longer
     */
    void check() throws IOException;
}
