package dev.backplane.storage.qcow2.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.opentest4j.TestAbortedException;

/** QEMU's tools, which nobody here wrote. */
final class Qemu {
    /** What a tool said. */
    record Said(int status, String text) {}

    private Qemu() {}

    static void require() {
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

    static Said run(Object... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Arrays.stream(command).map(String::valueOf).toList())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        return new Said(process.exitValue(), text);
    }

    static void must(Object... command) throws IOException, InterruptedException {
        Said said = run(command);
        if (said.status() != 0) {
            throw new AssertionError(Arrays.toString(command) + ": " + said);
        }
    }

    /** No corruption, and no leak either. */
    static void checkClean(Path image) throws IOException, InterruptedException {
        must("qemu-img", "check", "-f", "qcow2", image);
    }

    /** No corruption; clusters may have been lost (status 3). */
    static void checkIntact(Path image, String when) throws IOException, InterruptedException {
        Said said = run("qemu-img", "check", "-f", "qcow2", image);
        if (said.status() != 0 && said.status() != 3) {
            throw new AssertionError(when + ": " + said);
        }
    }
}
