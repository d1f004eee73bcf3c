package dev.backplane.launcher;

import org.jspecify.annotations.Nullable;

/** The framework cannot be started, or does not do its work; the message is for the person at the terminal. */
final class LaunchException extends Exception {
    private static final long serialVersionUID = 1;

    LaunchException(String message) {
        this(message, null);
    }

    LaunchException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
