package dev.backplane.shell.internal.cli;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The option {@code --timeout}. */
final class Timeouts {
    /** As timeout(1) has it. */
    static final int STATUS = 124;

    private Timeouts() {}

    static @Nullable Duration of(@Nullable Integer seconds) throws CommandException {
        if (seconds == null) {
            return null;
        }
        if (seconds <= 0) {
            throw new CommandException(2, "--timeout " + seconds + ": a number of seconds from 1 was expected");
        }
        return Duration.ofSeconds(seconds);
    }
}
