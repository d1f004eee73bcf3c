package dev.backplane.bench.internal;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** The installed QEMU. */
final class Qemu {
    private static final String PROGRAM = "qemu-system-x86_64";

    private Qemu() {}

    /** Where it is, if it is installed. */
    static Optional<Path> program() {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        return Arrays.stream(path.split(File.pathSeparator))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder).resolve(PROGRAM))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** What it says of itself, in one line. */
    static String version(Path program) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(program.toString(), "--version")
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return text.lines().findFirst().orElse(PROGRAM);
    }
}
