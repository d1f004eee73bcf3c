package dev.backplane.kernel.internal.vm;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/** A threaded group of the host's (Linux, cgroup v2, "Threads") below another one. Whatever fails names the file, and what was to be written. */
final class ThreadedGroup {
    private static final String THREADS = "cgroup.threads";

    private final Path parent;
    private final Path folder;

    private ThreadedGroup(Path parent, Path folder) {
        this.parent = parent;
        this.folder = folder;
    }

    /**
     * Makes one, or takes one over that was left there.
     *
     * @param parent the folder of the group above, which may have processes itself
     * @param name its own
     */
    static ThreadedGroup make(Path parent, String name) throws IOException {
        Path folder = parent.resolve(name);
        if (!Files.isDirectory(folder)) {
            try {
                Files.createDirectory(folder);
            } catch (IOException e) {
                throw new IOException("making %s: %s".formatted(folder, reason(e)), e);
            }
        }
        ThreadedGroup made = new ThreadedGroup(parent, folder);
        try {
            made.set("cgroup.type", "threaded");
        } catch (IOException e) {
            made.deleteAfter(e);
            throw e;
        }
        return made;
    }

    /** A thread comes from the group above. */
    void add(int thread) throws IOException {
        write(folder.resolve(THREADS), Integer.toString(thread));
    }

    /** A thread goes back to the group above; it may be about to end. */
    void remove(int thread) throws IOException {
        write(parent.resolve(THREADS), Integer.toString(thread));
    }

    /** Writes to one of its files. */
    void set(String file, String value) throws IOException {
        write(folder.resolve(file), value);
    }

    /** Gives it up. What its threads have begun is in it, too, and goes back to the group above. */
    void delete() throws IOException {
        for (String thread : threads()) {
            try {
                write(parent.resolve(THREADS), thread);
            } catch (IOException e) {
                // It has ended meanwhile, or removing tells.
            }
        }
        try {
            Files.deleteIfExists(folder);
        } catch (IOException e) {
            throw new IOException("removing %s: %s".formatted(folder, reason(e)), e);
        }
    }

    private List<String> threads() {
        try {
            return Files.readAllLines(folder.resolve(THREADS));
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Gives it up since something has failed, which is what counts. */
    void deleteAfter(IOException failure) {
        try {
            delete();
        } catch (IOException e) {
            failure.addSuppressed(e);
        }
    }

    static void write(Path file, String value) throws IOException {
        try {
            Files.writeString(file, value);
        } catch (IOException e) {
            throw new IOException("writing %s to %s: %s".formatted(value, file, reason(e)), e);
        }
    }

    /** The JDK's own messages are no more than the path, often. */
    static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException denied -> "permission denied";
            case NoSuchFileException missing -> "no such file";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }
}
