package dev.backplane.shell.internal.control;

import java.nio.file.Path;

/** Where the control socket is unless somebody says otherwise. */
final class ControlPath {
    private static final String NAME = "control.sock";

    private ControlPath() {}

    /**
     * Below the user's runtime folder, which only the user can enter; without one, in the state folder.
     *
     * @param state the state folder
     */
    static Path standard(Path state) {
        String runtime = System.getenv("XDG_RUNTIME_DIR");
        return runtime != null && runtime.startsWith("/") ? Path.of(runtime, "backplane", NAME) : state.resolve(NAME);
    }
}
