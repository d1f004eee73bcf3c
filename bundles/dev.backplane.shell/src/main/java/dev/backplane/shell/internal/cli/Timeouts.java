package dev.backplane.shell.internal.cli;

import dev.backplane.shell.command.CommandException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The option {@code --timeout}. */
final class Timeouts {
    /** As timeout(1) has it. */
    static final int STATUS = 124;

    private Timeouts() {}

    static @Nullable Duration of(@Nullable String seconds) throws CommandException {
        if (seconds == null) {
            return null;
        }
        if (!seconds.matches("0*[1-9][0-9]{0,8}")) {
            throw new CommandException(
                    2, "--timeout " + seconds + ": a number of seconds from 1 to 999999999 was expected");
        }
        return Duration.ofSeconds(Long.parseLong(seconds));
    }
}
