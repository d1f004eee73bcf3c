package dev.backplane.kernel.internal.vm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/**
 * The vCPU threads of one machine as a group that the host's kernel weights: a threaded cgroup (Linux, cgroup v2, "Threads" and "CPU") below
 * the one of this process. It is made with the first weight. For one caller at a time.
 */
final class HostGroup {
    private static final String PREFIX = "0::";
    private static final int NEUTRAL = 100;

    private final Path mount;
    private final Path membership;
    private final String name;
    private boolean made;
    private Path folder = Path.of("");

    /**
     * A group that is not made.
     *
     * @param mount where cgroups are, {@code /sys/fs/cgroup}
     * @param membership where the process's group stands, {@code /proc/self/cgroup}
     * @param name its name among the others of the process's group
     */
    HostGroup(Path mount, Path membership, String name) {
        this.mount = mount;
        this.membership = membership;
        this.name = name;
    }

    /** Sets the weight. Returns what is in the way, if anything. */
    String weight(int weight, Collection<Integer> threads) {
        try {
            make(threads);
            write(folder.resolve("cpu.weight"), Integer.toString(weight));
            return "";
        } catch (IOException | SecurityException e) {
            return "weight %d: the host gives this process no group of its own to weight (cgroup v2 with the cpu controller, writable): %s"
                    .formatted(weight, e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private void make(Collection<Integer> threads) throws IOException {
        if (made) {
            return;
        }
        if (!Files.exists(mount.resolve("cgroup.controllers"))) {
            throw new IOException(mount + " is no cgroup v2");
        }
        List<String> lines = Files.readAllLines(membership);
        String own = lines.stream()
                .filter(line -> line.startsWith(PREFIX))
                .findFirst()
                .orElseThrow(() -> new IOException(membership + " names no group of cgroup v2"))
                .substring(PREFIX.length());
        Path parent = mount.resolve(own.replaceFirst("^/+", ""));
        Path child = parent.resolve(name);
        Files.createDirectory(child);
        try {
            // A group that has processes itself may have threaded groups below it, and only those.
            write(child.resolve("cgroup.type"), "threaded");
            write(parent.resolve("cgroup.subtree_control"), "+cpu");
            folder = child;
            for (int thread : threads) {
                write(child.resolve("cgroup.threads"), Integer.toString(thread));
            }
            made = true;
        } finally {
            if (!made) {
                Files.deleteIfExists(child);
            }
        }
    }

    /** A thread has come. */
    void add(int thread) {
        if (made) {
            try {
                write(folder.resolve("cgroup.threads"), Integer.toString(thread));
            } catch (IOException e) {
                // It runs with the weight of the rest of the process; the scheduler was told when it set the weight.
            }
        }
    }

    /** Nobody weights it any more. */
    void release() {
        if (made) {
            weight(NEUTRAL, List.of());
        }
    }

    /** Its last thread ends: it is given up as soon as the thread has gone. */
    void close() {
        if (made) {
            made = false;
            try {
                write(folder.getParent().resolve("cgroup.threads"), "0");
                Files.deleteIfExists(folder);
            } catch (IOException e) {
                // An empty group costs nothing, and goes with the process's own.
            }
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.writeString(file, text);
    }
}
