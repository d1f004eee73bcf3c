package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code backplane serve} with a state of its own, and those who talk to it. */
final class Serving {
    private static final Duration STEP = Duration.ofMinutes(1);
    private static final Duration LONG_STEP = Duration.ofMinutes(5);

    private final Path folder;

    /** {@code folder}: what commands are given in, with everything that the process keeps. */
    Serving(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder.resolve("run"));
    }

    ProcessBuilder command(String... arguments) {
        var command = Backplane.command(Backplane.HOME, arguments);
        command.directory(folder.toFile());
        command.environment().put("XDG_STATE_HOME", folder.resolve("state").toString());
        command.environment().put("XDG_RUNTIME_DIR", folder.resolve("run").toString());
        return command;
    }

    Path socket() {
        return folder.resolve("run/backplane/control.sock");
    }

    /** A process that answers already. */
    Backplane start(String... options) {
        var words = new ArrayList<>(List.of("serve"));
        words.addAll(List.of(options));
        var serve = Backplane.of(command(words.toArray(String[]::new)));
        serve.awaitErrors("Serving at " + socket(), STEP);
        return serve;
    }

    /** Begins a command that goes on. */
    Backplane open(String... words) {
        var all = new ArrayList<>(List.of("ctl"));
        all.addAll(List.of(words));
        return Backplane.of(command(all.toArray(String[]::new)));
    }

    /** Gives a command, and waits for its end. */
    Backplane.Result ctl(String... words) {
        try (var ctl = open(words)) {
            ctl.endInput();
            return ctl.await(LONG_STEP);
        }
    }

    /** Gives a command that works: what it prints. */
    String done(String... words) {
        var result = ctl(words);
        result.assertStatus(0);
        return result.text();
    }

    /** Gives a command that is refused in one line with this part. */
    void refused(int status, String part, String... words) {
        var result = ctl(words);
        result.assertStatus(status);
        assertEquals("", result.text());
        assertTrue(result.errors().contains(part), result.errors());
        assertEquals(1, result.errors().lines().count(), result.errors());
    }
}
