package dev.backplane.bench.internal;

import dev.backplane.shell.command.CommandException;
import java.nio.file.Path;

/** The installation that this process was started from. */
final class Distribution {
    private Distribution() {}

    /** Its start script. */
    static Path script() throws CommandException {
        String home = System.getProperty("backplane.home");
        if (home == null) {
            throw new CommandException("backplane.home is not set: this was not started by the start script");
        }
        return Path.of(home, "backplane");
    }
}
