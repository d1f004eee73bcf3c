package dev.backplane.nbd.wire;

import java.io.IOException;

/** The far end breaks the protocol, or refuses what cannot be done without: the conversation is over. The message is for people. */
public final class NbdException extends IOException {
    private static final long serialVersionUID = 1;

    /**
     * What is wrong.
     *
     * @param message names what came and what was expected
     */
    public NbdException(String message) {
        super(message);
    }
}
