package dev.backplane.itests.outside;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/** Programs of the host that tests call. */
final class HostTool {
    private HostTool() {}

    /** Skips the test where a program is missing; {@code packages} is what Debian has it in. */
    static void require(String program, String packages) {
        String path = System.getenv("PATH") + ":/usr/sbin:/sbin";
        if (Stream.of(path.split(":")).noneMatch(folder -> Files.isExecutable(Path.of(folder, program)))) {
            throw new TestAbortedException("no %s here (Debian: %s)".formatted(program, packages));
        }
    }

    /** How a program ended, and all that it said. */
    record Ended(int status, String text) {}

    /** Runs a program that has to succeed. */
    static String run(Path folder, List<String> command) throws IOException {
        Ended ended = end(folder, command);
        if (ended.status != 0) {
            throw new AssertionError(String.join(" ", command) + ":\n" + ended.text);
        }
        return ended.text;
    }

    /** Runs a program to its end. */
    static Ended end(Path folder, List<String> command) throws IOException {
        var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
        var process = builder.start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(1, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new AssertionError(String.join(" ", command) + " does not end:\n" + text);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return new Ended(process.exitValue(), text);
    }
}
