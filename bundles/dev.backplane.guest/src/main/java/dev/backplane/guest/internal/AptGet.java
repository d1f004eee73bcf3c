package dev.backplane.guest.internal;

import dev.backplane.guest.GuestException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Fetches packages with {@code apt-get download}, which checks them against the archive's signatures. It needs no rights,
 * only package lists: where those are missing or too old they are refreshed, the system's own if it lets us, else a
 * private copy of them.
 */
final class AptGet {
    private static final Path SYSTEM_LISTS = Path.of("/var/lib/apt/lists");
    private static final long LONGEST_RUN_MINUTES = 20;

    /** What apt says is kept for an error message; it may go on for ever about a broken mirror. */
    private static final int LONGEST_OUTPUT = 1 << 16;

    private static final String OTHER_WAY = "give a kernel and an initramfs of your own: --kernel FILE --initrd FILE";

    private final String program;
    private final Path systemLists;
    private final Path privateState;
    private final Consumer<String> progress;
    private final List<String> options = new ArrayList<>(List.of(
            "-q",
            "-o=Acquire::Retries=2",
            "-o=Acquire::http::Timeout=30",
            "-o=Acquire::https::Timeout=30",
            // Our folder is the user's, the sandbox's own user may not write there.
            "-o=APT::Sandbox::User=root"));
    private @Nullable Result refresh;

    /** {@code privateState} is a folder for package lists of our own, made only if it is needed. */
    AptGet(Path privateState, Consumer<String> progress) {
        this("apt-get", SYSTEM_LISTS, privateState, progress);
    }

    AptGet(String program, Path systemLists, Path privateState, Consumer<String> progress) {
        this.program = program;
        this.systemLists = systemLists;
        this.privateState = privateState;
        this.progress = progress;
    }

    /**
     * Fetches one package.
     *
     * @param name a package, or {@code package=version}
     * @param folder is made; the package is the only file in it
     */
    Path download(String name, Path folder) throws IOException {
        Files.createDirectories(folder);
        Result result = run(folder, "download", name);
        if (result.status != 0 && refresh == null) {
            refresh = refresh();
            result = run(folder, "download", name);
        }
        if (result.status != 0) {
            throw failure(name, result);
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".deb"))
                    .findFirst()
                    .orElseThrow(() -> new GuestException(
                            "apt-get said that it fetched " + name + ", but " + folder + " holds no package"));
        }
    }

    /** Its status says little: one dead mirror of many is a failure to some versions of apt, none at all to others. */
    private Result refresh() throws IOException {
        progress.accept("Refreshing the package lists (apt-get update)");
        if (!Files.isWritable(systemLists)) {
            Files.createDirectories(privateState.resolve("lists/partial"));
            Files.createDirectories(privateState.resolve("cache/archives/partial"));
            options.add("-o=Dir::State::lists=" + privateState.resolve("lists"));
            options.add("-o=Dir::Cache=" + privateState.resolve("cache"));
        }
        return run(privateState.getParent(), "update");
    }

    private GuestException failure(String name, Result download) {
        String message = "apt-get cannot fetch " + name + ": " + download.errors();
        List<String> stale = refresh == null ? List.of() : refresh.errorLines();
        if (!stale.isEmpty()) {
            message += "\nThe package lists cannot be refreshed either: " + String.join("; ", stale)
                    + "\nWhen the cause is removed, type\n    sudo apt-get update\nand start again. Or "
                    + OTHER_WAY;
        } else {
            message +=
                    "\nThe guest is made of Debian's packages for amd64. Where apt does not offer them, " + OTHER_WAY;
        }
        return new GuestException(message);
    }

    private Result run(Path folder, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(program);
        command.addAll(options);
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        builder.environment().put("LC_ALL", "C");
        builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new GuestException("there is no apt-get on this system to fetch a guest with: " + OTHER_WAY, e);
        }
        try (InputStream out = process.getInputStream()) {
            String output = read(out);
            if (!process.waitFor(LONGEST_RUN_MINUTES, TimeUnit.MINUTES)) {
                throw new GuestException("apt-get " + String.join(" ", arguments) + " has not ended after "
                        + LONGEST_RUN_MINUTES + " minutes");
            }
            return new Result(process.exitValue(), output);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new GuestException("interrupted while apt-get was running", e);
        } finally {
            process.destroy();
        }
    }

    /** Reads to the end, keeps the end. */
    private static String read(InputStream out) throws IOException {
        StringBuilder text = new StringBuilder();
        byte[] buffer = new byte[4096];
        for (int count = out.read(buffer); count >= 0; count = out.read(buffer)) {
            text.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
            if (text.length() > LONGEST_OUTPUT) {
                text.delete(0, text.length() - LONGEST_OUTPUT);
            }
        }
        return text.toString();
    }

    private record Result(int status, String output) {
        /** What apt calls an error, or else the last it said. */
        String errors() {
            List<String> errors = errorLines();
            return errors.isEmpty()
                    ? output.strip().lines().reduce((first, second) -> second).orElse("exit status " + status)
                    : String.join("; ", errors);
        }

        List<String> errorLines() {
            return output.lines()
                    .map(String::strip)
                    .filter(line -> line.startsWith("E:") || line.startsWith("W: Failed to fetch"))
                    .map(line -> line.substring(2).strip())
                    .distinct()
                    .limit(3)
                    .toList();
        }
    }
}
