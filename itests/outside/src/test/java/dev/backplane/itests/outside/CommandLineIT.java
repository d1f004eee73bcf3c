package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands where no machine runs. */
class CommandLineIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    @Test
    void helpNamesTheCommandsAndEachExplainsItself() {
        var help = Backplane.run(TIMEOUT, "--help");
        assertEquals(0, help.status(), help.errors());
        for (var command : List.of("demo", "run", "types", "bench")) {
            assertTrue(help.text().contains("\n  " + command), help.text());
            var own = Backplane.run(TIMEOUT, command, "--help");
            assertTrue(own.text().startsWith("Usage: backplane " + command + " "), own.text());
            assertEquals("", own.errors());
        }
    }

    @Test
    void versionNamesBackplaneAndJava() {
        var result = Backplane.run(TIMEOUT, "--version");
        assertTrue(result.text().matches("(?s)Backplane [0-9]+\\.[0-9]+\\..*\nJava [0-9]+.*\n"), result.text());
        assertEquals(0, result.status());
    }

    @Test
    void wrongCommandLineEndsWithStatus2AndAHint() {
        var result = Backplane.run(TIMEOUT, "run", "--memroy", "1GiB", "vm.yaml");
        assertEquals(2, result.status());
        assertTrue(result.errors().contains("--memroy"), result.errors());
        assertTrue(result.errors().contains("'backplane run --help'"), result.errors());
        assertEquals("", result.text());
    }

    /** By way of a shell: this JVM may be without a locale itself. */
    @Test
    void nameThatIsNotAsciiIsUnderstoodWithoutALocale() {
        var line = "exec " + Backplane.HOME + "/backplane run \"$(printf '/n\\303\\266.yaml')\"";
        var command = Backplane.inOwnFolders(new ProcessBuilder("sh", "-c", line));
        command.environment().put("LC_ALL", "C");
        try (var backplane = Backplane.of(command)) {
            var result = backplane.await(TIMEOUT);
            assertEquals("backplane: /n\u00f6.yaml: there is no such file\n", result.errors());
            assertEquals(1, result.status());
        }
    }

    @Test
    void vmFileThatCannotWorkIsToldInOneLineWithFileAndPlace() throws IOException {
        var missing = Backplane.run(TIMEOUT, "run", folder.resolve("none.yaml").toString());
        assertEquals("backplane: " + folder.resolve("none.yaml") + ": there is no such file\n", missing.errors());
        assertEquals(1, missing.status());

        var file = Files.writeString(folder.resolve("vm.yaml"), "name: x\nmemory: 1 potato\n");
        var wrong = Backplane.run(TIMEOUT, "run", file.toString());
        assertEquals(1, wrong.status());
        assertTrue(wrong.errors().startsWith("backplane: " + file + ":2:"), wrong.errors());
        assertTrue(wrong.errors().contains("1 potato"), wrong.errors());
        assertEquals(1, wrong.errors().lines().count(), wrong.errors());
    }

    @Test
    void packagesThatCannotBeFetchedAreToldWithWhatToTypeAndKernelsOfOnesOwn() throws IOException {
        var apt = Files.writeString(
                folder.resolve("apt-get"), "#!/bin/sh\necho 'E: Unable to locate package'\nexit 100\n");
        assertTrue(apt.toFile().setExecutable(true));
        var command = Backplane.command(Backplane.HOME, "demo");
        command.environment().put("XDG_CACHE_HOME", folder.toString());
        command.environment().merge("PATH", folder.toString(), (path, first) -> first + ":" + path);
        try (var backplane = Backplane.of(command)) {
            backplane.endInput();
            var result = backplane.await(TIMEOUT);
            assertEquals(1, result.status(), result.errors());
            assertTrue(result.errors().contains("Unable to locate package"), result.errors());
            assertTrue(result.errors().contains("    sudo apt-get update\n"), result.errors());
            assertTrue(result.errors().contains("--kernel FILE --initrd FILE"), result.errors());
        }
    }
}
