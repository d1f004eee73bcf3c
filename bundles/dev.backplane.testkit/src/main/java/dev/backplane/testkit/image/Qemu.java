package dev.backplane.testkit.image;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.opentest4j.TestAbortedException;

/** QEMU's image tools. */
public final class Qemu {
    private static final int LEAKS = 3;
    private static final long PATIENCE_SECONDS = 60;
    private static final int ATTEMPTS = 20;

    /**
     * What a tool said.
     *
     * @param status its exit status
     * @param text all that it wrote
     */
    public record Said(int status, String text) {}

    private Qemu() {}

    /** Skips the test where there are none. */
    public static void require() {
        try {
            new ProcessBuilder("qemu-img", "--version")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new TestAbortedException("no qemu-img here (Debian: qemu-utils)");
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * Runs a tool, for a minute at most.
     *
     * @param command its name and arguments
     * @return what it said
     * @throws IOException when it cannot be started
     * @throws InterruptedException when this thread is interrupted
     */
    public static Said run(Object... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Arrays.stream(command).map(String::valueOf).toList())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(Arrays.toString(command) + " does not end");
        }
        return new Said(process.exitValue(), text);
    }

    /**
     * Runs a tool that has to succeed.
     *
     * @param command its name and arguments
     * @return what it wrote
     * @throws IOException when it cannot be started
     * @throws InterruptedException when this thread is interrupted
     */
    public static String must(Object... command) throws IOException, InterruptedException {
        Said said = run(command);
        if (said.status() != 0) {
            throw new AssertionError(Arrays.toString(command) + ": " + said);
        }
        return said.text();
    }

    /**
     * Makes an image with {@code qemu-img create}. For a passphrase it measures how fast the host is, and gives up where that is too busy to
     * tell: then again.
     *
     * @param command its name and arguments
     * @throws IOException when it cannot be started
     * @throws InterruptedException when this thread is interrupted
     */
    public static void create(Object... command) throws IOException, InterruptedException {
        Said said = run(command);
        for (int i = 0; i < ATTEMPTS && said.text().contains("Unable to get accurate CPU usage"); i++) {
            said = run(command);
        }
        if (said.status() != 0) {
            throw new AssertionError(Arrays.toString(command) + ": " + said);
        }
    }

    /**
     * No corruption, and no leak either.
     *
     * @param format QEMU's name of the format
     * @param image the file
     * @throws IOException when the tool cannot be started
     * @throws InterruptedException when this thread is interrupted
     */
    public static void checkClean(String format, Path image) throws IOException, InterruptedException {
        must("qemu-img", "check", "-f", format, image);
    }

    /**
     * No corruption; something may have been lost (status 3).
     *
     * @param format QEMU's name of the format
     * @param image the file
     * @param when for the message
     * @throws IOException when the tool cannot be started
     * @throws InterruptedException when this thread is interrupted
     */
    public static void checkIntact(String format, Path image, String when) throws IOException, InterruptedException {
        Said said = run("qemu-img", "check", "-f", format, image);
        if (said.status() != 0 && said.status() != LEAKS) {
            throw new AssertionError(when + ": " + said);
        }
    }

    /**
     * The disk in an image reads as the bytes in another file.
     *
     * @param format QEMU's name of the format
     * @param image the file
     * @param raw the bytes
     * @throws IOException when the tool cannot be started
     * @throws InterruptedException when this thread is interrupted
     */
    public static void compare(String format, Path image, Path raw) throws IOException, InterruptedException {
        must("qemu-img", "compare", "-f", format, "-F", "raw", image, raw);
    }
}
