package dev.backplane.guest;

import java.io.IOException;

/** The guest cannot be made. The message is complete: it says what failed and what the user can do about it. */
public final class GuestException extends IOException {
    private static final long serialVersionUID = 1;

    /** A failure with no other exception behind it. */
    public GuestException(String message) {
        super(message);
    }

    /** A failure that another exception explains further. */
    public GuestException(String message, Throwable cause) {
        super(message, cause);
    }
}
