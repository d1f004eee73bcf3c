package dev.backplane.launcher;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The framework's storage: a folder of this process alone, since two processes would open one without noticing. Nothing in it
 * outlives the process; what a killed process left behind is removed by the next one.
 */
record Scratch(Path folder) {
    /** Names the folder below which it is made. */
    static final String PROPERTY = "backplane.scratch";

    private static final String PREFIX = "backplane-";
    private static final Path MEMORY = Path.of("/dev/shm");
    private static final Path MOUNTS = Path.of("/proc/self/mounts");

    static Scratch create() throws LaunchException {
        return create(parent());
    }

    /** In memory where there is a place for it, since the framework writes a few small files for each bundle. */
    private static Path parent() {
        var configured = System.getProperty(PROPERTY);
        if (configured != null) {
            return Path.of(configured);
        }
        return Files.isWritable(MEMORY) && runsPrograms(MEMORY, MOUNTS)
                ? MEMORY
                : Path.of(System.getProperty("java.io.tmpdir"));
    }

    /** Whether a folder is a file system of its own that may hold libraries, which a plugin may bring with it (proc_mounts(5)). */
    static boolean runsPrograms(Path folder, Path mounts) {
        try {
            // What is mounted last hides what is below.
            return Files.readAllLines(mounts).stream()
                    .map(line -> line.split(" "))
                    .filter(fields -> fields.length > 3 && fields[1].equals(folder.toString()))
                    .reduce((below, above) -> above)
                    .filter(fields -> !List.of(fields[3].split(",")).contains("noexec"))
                    .isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    static Scratch create(Path parent) throws LaunchException {
        try {
            removeLeftOvers(parent);
            return new Scratch(own(parent.resolve(
                    PREFIX + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime()))));
        } catch (IOException e) {
            throw new LaunchException(
                    parent
                            + ": no folder can be made there: free some space, or name another one: BACKPLANE_JAVA_OPTIONS=-D"
                            + PROPERTY + "=FOLDER",
                    e);
        }
    }

    /** Makes a folder that only this user may look into; fails where somebody else has made it. */
    private static Path own(Path folder) throws IOException {
        return Files.createDirectory(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** Removes the folder, if it is still there; what cannot be removed stays for the next process to try. */
    void remove() {
        if (Files.exists(folder)) {
            remove(folder);
        }
    }

    private static void removeLeftOvers(Path parent) throws IOException {
        List<Path> candidates;
        try (var files = Files.newDirectoryStream(parent, PREFIX + "*-*")) {
            candidates = new ArrayList<>();
            files.forEach(candidates::add);
        }
        var user = Files.getOwner(Path.of("/proc/self"));
        for (var candidate : candidates) {
            try {
                var pid = Long.parseLong(candidate.getFileName().toString().split("-", 3)[1]);
                if (ProcessHandle.of(pid).isEmpty() && Files.getOwner(candidate).equals(user)) {
                    remove(candidate);
                }
            } catch (NumberFormatException | IOException e) {
                // Not one of ours, or another process was faster.
            }
        }
    }

    private static void remove(Path folder) {
        try {
            Files.walkFileTree(folder, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                        throws IOException {
                    Files.deleteIfExists(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException | UncheckedIOException e) {
            System.getLogger(Scratch.class.getName()).log(System.Logger.Level.DEBUG, folder + ": not removed", e);
        }
    }
}
