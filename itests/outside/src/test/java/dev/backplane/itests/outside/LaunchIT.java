package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the start script and the launcher promise to any command, tried with a fixture that takes the place of the shell. */
class LaunchIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @TempDir
    static Path home;

    /** The framework's storage is made below it. */
    @TempDir
    Path temporary;

    @BeforeAll
    static void install() throws IOException {
        Installation.copyTo(home)
                .without("dev.backplane.shell")
                .without("dev.backplane.bench")
                .without("dev.backplane.disk")
                .with(Path.of(System.getProperty("fixture.command")));
    }

    @AfterEach
    void nothingIsLeftInTheTemporaryFolder() throws IOException {
        try (var files = Files.list(temporary)) {
            assertEquals(List.of(), files.toList());
        }
    }

    @Test
    void argumentsArriveAsTheyWereGivenAndOutputIsTheCommandsAlone() {
        var result = run("print", "two words", "", "*", "--debug-not", "$HOME");
        assertEquals("two words\n\n*\n--debug-not\n$HOME\n", result.text());
        assertEquals("", result.errors());
        assertEquals(0, result.status());
    }

    @ParameterizedTest
    @CsvSource({"1", "127", "143", "255"})
    void theCommandsStatusIsTheProcesss(int status) {
        var result = run("exit", Integer.toString(status));
        assertEquals(status, result.status());
        assertEquals("", result.errors());
    }

    @Test
    void aCommandThatFailsIsReportedWithoutAStackTrace() {
        var result = run("fail");
        assertEquals(
                "backplane: the command failed: java.lang.IllegalArgumentException: fail is no command of this fixture\n",
                result.errors());
        assertEquals(70, result.status());
    }

    @Test
    void theSecondCompilerIsThereWhereSomethingIsEncrypted() throws IOException {
        assumeTrue(
                Files.readString(Path.of("/proc/cpuinfo")).contains(" bmi2 "), "this processor is not translated for");
        var plain = Files.writeString(temporary.resolve("plain"), "name: web\n");
        var secret = Files.writeString(temporary.resolve("secret"), "disk: {format: luks, 'passphrase' : key}\n");
        var remote = Files.writeString(temporary.resolve("remote"), "{type: nbd, tls: keys}\n");
        var recording = Files.write(temporary.resolve("recording"), new byte[] {'p', 0});
        Files.writeString(recording, "passphrase", StandardOpenOption.APPEND);
        var snapshot = Files.createDirectory(temporary.resolve("snapshot"));
        Files.writeString(snapshot.resolve("manifest.json"), "{\"passphrase\": \"key\"}");
        try {
            assertCompilers("the first compiler", "run", "--replay", recording.toString(), plain.toString());
            assertCompilers("both compilers", "run", secret.toString());
            assertCompilers("both compilers", "run", plain.toString(), "--with=" + remote);
            assertCompilers("both compilers", "run", "--with", secret.toString(), plain.toString());
            assertCompilers("both compilers", "restore", snapshot.toString());
            assertCompilers("the first compiler", "disk", "info", secret.toString());
            assertCompilers("both compilers", "disk", "info", "{type: luks, \"passphrase\": key, on: disk}");
        } finally {
            Files.delete(snapshot.resolve("manifest.json"));
            for (var file : List.of(plain, secret, remote, recording, snapshot)) {
                Files.delete(file);
            }
        }
    }

    private void assertCompilers(String expected, String... arguments) {
        assertEquals(expected + "\n", run(arguments).text(), () -> String.join(" ", arguments));
    }

    @ParameterizedTest
    @CsvSource({"INT,130", "TERM,143", "HUP,129"})
    void aSignalToTheScriptStopsTheFrameworkFirst(String signal, int status) {
        try (var backplane = start("sleep")) {
            backplane.awaitOutput("asleep", TIMEOUT);
            backplane.signal(signal);
            var result = backplane.await(TIMEOUT);
            assertEquals(status, result.status());
            assertEquals("", result.errors());
        }
    }

    @Test
    void theJvmDoesNotOutliveAScriptThatIsKilled() throws Exception {
        try (var backplane = start("sleep")) {
            backplane.awaitOutput("asleep", TIMEOUT);
            var jvm = backplane.jvm();
            backplane.signal("KILL");
            jvm.onExit().get(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Test
    void theTerminalIsAsBeforeAfterACrash() throws IOException {
        // script(1) gives it a terminal, whose input is at its end.
        var line = "stty -a > " + home + "/before; " + home + "/backplane crash; stty -a > " + home + "/after";
        var command = new ProcessBuilder("script", "--quiet", "--command", line, "/dev/null");
        command.environment().put("BACKPLANE_JAVA_OPTIONS", "-XX:-CreateCoredumpOnCrash");
        try (var script = Backplane.of(command)) {
            var result = script.await(TIMEOUT);
            assertTrue(result.text().contains("the JVM ended by signal ABRT"), result.text());
        }
        assertEquals(Files.readString(home.resolve("before")), Files.readString(home.resolve("after")));
    }

    private Backplane.Result run(String... arguments) {
        try (var backplane = start(arguments)) {
            backplane.endInput();
            return backplane.await(TIMEOUT);
        }
    }

    private Backplane start(String... arguments) {
        var command = Backplane.command(home, arguments);
        command.environment()
                .put("BACKPLANE_JAVA_OPTIONS", "-Djava.io.tmpdir=" + temporary + " -Dbackplane.scratch=" + temporary);
        return Backplane.of(command);
    }
}
