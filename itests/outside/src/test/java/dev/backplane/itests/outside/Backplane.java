package dev.backplane.itests.outside;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One run of the start script, its standard input, output and errors connected to the test by pipes.
 *
 * <pre>{@code
 * try (var backplane = Backplane.start("run", "vm.yaml")) {
 *     backplane.awaitOutput("login:", Duration.ofSeconds(60));
 *     backplane.send("root\n");
 *     assertEquals(0, backplane.await(Duration.ofSeconds(60)).status());
 * }
 * }</pre>
 */
final class Backplane implements AutoCloseable {
    /** The built distribution. */
    static final Path HOME = Path.of(System.getProperty("backplane.home"));

    /** What the runs of all tests share: the guest's packages are fetched once a build. */
    static final Path WORK = Path.of(System.getProperty("itests.work"));

    private final Process process;
    private final Capture output;
    private final Capture errors;

    private Backplane(Process process) {
        this.process = process;
        this.output = new Capture(process.getInputStream());
        this.errors = new Capture(process.getErrorStream());
    }

    /**
     * How a run ended.
     *
     * @param output standard output
     * @param errors standard error, for the message of a failed assertion too
     */
    record Result(int status, byte[] output, String errors) {
        String text() {
            return new String(output, StandardCharsets.UTF_8);
        }

        /** Fails unless the run ended with the status, and without a word of Java's on standard error. */
        void assertStatus(int expected) {
            if (status != expected || errors.contains("Exception") || errors.contains("\tat ")) {
                throw new AssertionError("status " + expected + " and no stack trace expected, but was " + status
                        + "\n--- output\n" + text() + "\n--- errors\n" + errors);
            }
        }
    }

    /** Starts the built distribution. */
    static Backplane start(String... arguments) {
        return startFrom(HOME, arguments);
    }

    /** Starts the distribution in the given folder. */
    static Backplane startFrom(Path home, String... arguments) {
        return of(command(home, arguments));
    }

    /** The start script of the distribution in the given folder, for a test that changes its environment. */
    static ProcessBuilder command(Path home, String... arguments) {
        // A background job ignores these, and so would all that it starts.
        var command = new ArrayList<>(List.of("env", "--default-signal=HUP,INT,QUIT"));
        command.add(home.resolve("backplane").toString());
        command.addAll(List.of(arguments));
        return inOwnFolders(new ProcessBuilder(command));
    }

    /** Has caches and logs of the run below the build's folder. */
    static ProcessBuilder inOwnFolders(ProcessBuilder command) {
        command.environment().put("XDG_CACHE_HOME", WORK.resolve("cache").toString());
        command.environment().put("XDG_STATE_HOME", WORK.resolve("state").toString());
        return command;
    }

    /** The warnings of the runs so far. */
    static List<String> log() throws IOException {
        Path log = WORK.resolve("state").resolve("backplane").resolve("backplane.log");
        return Files.exists(log) ? Files.readAllLines(log) : List.of();
    }

    static Backplane of(ProcessBuilder command) {
        try {
            return new Backplane(command.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs the built distribution to its end, with nothing on standard input. */
    static Result run(Duration timeout, String... arguments) {
        try (var backplane = start(arguments)) {
            backplane.endInput();
            return backplane.await(timeout);
        }
    }

    /** Types. */
    void send(String text) {
        try {
            process.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new AssertionError("nobody reads the input any more" + transcript(), e);
        }
    }

    void endInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a signal to the start script, by its name without {@code SIG}. */
    void signal(String name) {
        try {
            new ProcessBuilder("kill", "-s", name, Long.toString(process.pid()))
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Waits until standard output contains the text, behind what an earlier call has found. */
    void awaitOutput(String text, Duration timeout) {
        await(output, "standard output", text, timeout);
    }

    /** The same for standard error. */
    void awaitErrors(String text, Duration timeout) {
        await(errors, "standard error", text, timeout);
    }

    /** Waits until standard output contains the text, and returns what follows it in its line. */
    String awaitOutputLine(String text, Duration timeout) {
        awaitOutput(text, timeout);
        int from = output.seen;
        awaitOutput("\n", timeout);
        return output.characters().substring(from, output.seen - 1);
    }

    /** The same for standard error. */
    String awaitErrorLine(String text, Duration timeout) {
        awaitErrors(text, timeout);
        int from = errors.seen;
        awaitErrors("\n", timeout);
        return errors.characters().substring(from, errors.seen - 1);
    }

    /** Waits until standard output has stood still for a while. */
    void awaitSilence(Duration still, Duration timeout) {
        var deadline = System.nanoTime() + timeout.toNanos();
        int before = -1;
        while (before != output.bytes().length) {
            before = output.bytes().length;
            if (System.nanoTime() > deadline) {
                throw new AssertionError("standard output goes on after " + timeout + transcript());
            }
            try {
                Thread.sleep(still);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
    }

    private void await(Capture capture, String stream, String text, Duration timeout) {
        if (!capture.await(text, timeout)) {
            throw new AssertionError("no '" + text + "' on " + stream + " within " + timeout + transcript());
        }
    }

    /** Kills the JVM, and leaves the start script to notice. */
    void killJvm() {
        jvm().destroyForcibly();
    }

    /** The JVM below the start script. */
    ProcessHandle jvm() {
        return process.descendants()
                .filter(child -> child.info().command().orElse("").endsWith("/java"))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no JVM is running" + transcript()));
    }

    /** Waits for the end of the process and of what it writes. */
    Result await(Duration timeout) {
        try {
            if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("still running after " + timeout + transcript());
            }
            output.join();
            errors.join();
            return new Result(process.exitValue(), output.bytes(), errors.text());
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    /** Leaves no process behind. */
    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private String transcript() {
        return "\n--- output\n" + output.text() + "\n--- errors\n" + errors.text();
    }

    private static AssertionError interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new AssertionError("interrupted", e);
    }

    /** Takes in a stream as it comes. */
    private static final class Capture {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final Thread reader;
        private int seen;
        private boolean ended;

        Capture(InputStream stream) {
            // Reading from a pipe keeps a carrier, and the JVM does not always make another one for those who wait.
            reader = Thread.ofPlatform().daemon().name("capture").start(() -> read(stream));
        }

        synchronized byte[] bytes() {
            return bytes.toByteArray();
        }

        String text() {
            return new String(bytes(), StandardCharsets.UTF_8);
        }

        /** A character a byte, so that a position stays what it is when more comes. */
        private String characters() {
            return new String(bytes(), StandardCharsets.ISO_8859_1);
        }

        void join() throws InterruptedException {
            reader.join();
        }

        synchronized boolean await(String text, Duration timeout) {
            var deadline = System.nanoTime() + timeout.toNanos();
            try {
                int found;
                while ((found = characters().indexOf(text, seen)) < 0) {
                    var milliseconds = (deadline - System.nanoTime()) / 1_000_000;
                    if (ended || milliseconds <= 0) {
                        return false;
                    }
                    wait(milliseconds);
                }
                seen = found + text.length();
                return true;
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }

        private void read(InputStream stream) {
            var buffer = new byte[8192];
            try (stream) {
                for (var count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
                    add(buffer, count);
                }
            } catch (IOException e) {
                // The process was killed.
            } finally {
                end();
            }
        }

        private synchronized void add(byte[] buffer, int count) {
            bytes.write(buffer, 0, count);
            notifyAll();
        }

        private synchronized void end() {
            ended = true;
            notifyAll();
        }
    }
}
