package dev.backplane.guest.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** Programs of the machine that the tests run on, against which our own code is compared. */
public final class Tools {
    private Tools() {}

    /** The program's path; the test is skipped where it is not installed. */
    public static String require(String name) {
        Optional<String> found = find(name);
        Assumptions.assumeTrue(found.isPresent(), name + " is not installed");
        return found.orElseThrow();
    }

    private static Optional<String> find(String name) {
        // Where Debian has what repairs and makes file systems, which not everybody has on the path.
        return Stream.of((System.getenv("PATH") + ":/usr/sbin:/sbin").split(File.pathSeparator))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Path::toString);
    }

    /** Of a guest in the cache, or an installed one. */
    private static Optional<String> busybox() throws IOException {
        Path cache = new DebianGuestMaker().defaultCache();
        if (Files.isDirectory(cache)) {
            try (Stream<Path> files = Files.list(cache)) {
                Optional<Path> busybox = files.filter(
                                file -> file.getFileName().toString().startsWith("busybox-"))
                        .filter(Files::isExecutable)
                        .findFirst();
                if (busybox.isPresent()) {
                    return busybox.map(Path::toString);
                }
            }
        }
        return find("busybox");
    }

    /** The guest's shell with its own applets where there is a busybox, else this system's. */
    static List<String> shell() throws IOException {
        Optional<String> busybox = busybox();
        return busybox.isPresent() ? List.of(busybox.get(), "sh") : List.of("sh");
    }

    /** Runs to the end within a minute and expects status 0; the result is what was printed. */
    public static String run(Path folder, String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(1, TimeUnit.MINUTES), () -> String.join(" ", command) + " does not end");
        assertEquals(0, process.exitValue(), () -> String.join(" ", command) + ": " + output);
        return output;
    }
}
