package dev.backplane.nbd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.opentest4j.TestAbortedException;

/** Programs that nobody here wrote. */
final class Tools {
    private Tools() {}

    static void require(String program, String debianPackage) {
        try {
            new ProcessBuilder(program, "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new TestAbortedException("no %s here (Debian: %s)".formatted(program, debianPackage));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Runs a program that has to succeed. Returns what it said. */
    static String must(Object... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Arrays.stream(command).map(String::valueOf).toList())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        if (process.exitValue() != 0) {
            throw new AssertionError(Arrays.toString(command) + ": " + process.exitValue() + ": " + text);
        }
        return text;
    }
}
