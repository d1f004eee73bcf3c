package dev.backplane.protocol.nbd.internal;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.opentest4j.TestAbortedException;

/** A server that nobody here wrote, in a process of its own. */
final class Judge implements AutoCloseable {
    private static final long PATIENCE_NANOS = 60_000_000_000L;

    private final Process process;

    private Judge(Process process) {
        this.process = process;
    }

    static void require(String program, String debianPackage) {
        try {
            new ProcessBuilder(program, "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new TestAbortedException("no %s here (Debian: %s)".formatted(program, debianPackage));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Starts a server, and waits until it listens: it makes the socket anew. */
    static Judge start(Path socket, Object... command) throws IOException, InterruptedException {
        Files.deleteIfExists(socket);
        Path log = socket.resolveSibling(socket.getFileName() + ".log");
        Process process = new ProcessBuilder(text(command))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        process.getOutputStream().close();
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (!Files.exists(socket)) {
            if (!process.isAlive() || System.nanoTime() - end > 0) {
                process.destroyForcibly();
                throw new AssertionError(Arrays.toString(command) + ": " + Files.readString(log));
            }
            Thread.sleep(10);
        }
        return new Judge(process);
    }

    /** Runs a program that has to succeed. */
    static String must(Object... command) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(text(command)).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new AssertionError(Arrays.toString(command) + ": " + process.exitValue() + ": " + said);
        }
        return said;
    }

    private static List<String> text(Object... command) {
        List<String> words = new ArrayList<>();
        for (Object each : command) {
            words.add(String.valueOf(each));
        }
        return words;
    }

    /** Without a word to anybody. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** It ends when its last client has gone. */
    void awaitEnd() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("the server does not end although its client has gone");
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
