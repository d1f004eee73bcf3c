package dev.backplane.launcher;

import java.nio.file.Path;

/** Where this user's Backplane keeps what outlives a process: the log, and what bundles find by the property of the same name. */
final class StateFolder {
    /** System and framework property that names the folder; bundles read it there. */
    static final String PROPERTY = "backplane.state";

    private StateFolder() {}

    /** The property, or {@code backplane} in the XDG state folder. */
    static Path path() {
        var configured = System.getProperty(PROPERTY);
        if (configured != null) {
            return Path.of(configured);
        }
        var xdg = System.getenv("XDG_STATE_HOME");
        var base = xdg != null && xdg.startsWith("/")
                ? Path.of(xdg)
                : Path.of(System.getProperty("user.home"), ".local", "state");
        return base.resolve("backplane");
    }
}
