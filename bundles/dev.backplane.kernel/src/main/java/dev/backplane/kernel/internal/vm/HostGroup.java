package dev.backplane.kernel.internal.vm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The vCPU threads of one machine as a group that the host's kernel weights: a threaded cgroup (Linux, cgroup v2, "Threads" and "CPU") below
 * the one of this process. It is made with the first weight. For one caller at a time; each method returns what is in the way, one line that
 * is empty where nothing is.
 */
final class HostGroup {
    private static final String PREFIX = "0::";
    private static final String CONTROLLERS = "cgroup.controllers";
    private static final int NEUTRAL = 100;
    private static final int UNKNOWN = 0;
    private static final String DELEGATE =
            "the weights of the host need cgroup v2 with its cpu controller delegated to this process's group"
                    + " (systemd: Delegate=cpu): until then leave the weight at " + NEUTRAL;

    private final Path mount;
    private final Path membership;
    private final String name;
    private @Nullable ThreadedGroup group;

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

    /** Sets the weight. */
    String weight(int weight, Collection<Integer> threads) {
        try {
            made(threads).set("cpu.weight", Integer.toString(weight));
            return "";
        } catch (IOException e) {
            String left = e.getSuppressed().length == 0 ? "" : " (and then " + e.getSuppressed()[0].getMessage() + ")";
            return "weight %d: %s%s: %s".formatted(weight, e.getMessage(), left, DELEGATE);
        }
    }

    private ThreadedGroup made(Collection<Integer> threads) throws IOException {
        ThreadedGroup there = group;
        if (there == null) {
            for (int thread : threads) {
                refuseUnknown(thread);
            }
            there = make(parent(), threads);
            group = there;
        }
        return there;
    }

    /** Linux would take it for the thread that writes. */
    private static void refuseUnknown(int thread) throws IOException {
        if (thread == UNKNOWN) {
            throw new IOException("this host does not tell the numbers of its threads");
        }
    }

    /** The group of this process, which has to have the controller. */
    private Path parent() throws IOException {
        if (!Files.exists(mount.resolve(CONTROLLERS))) {
            throw new IOException(mount + " is no cgroup v2: it has no " + CONTROLLERS);
        }
        String own = read(membership)
                .lines()
                .filter(line -> line.startsWith(PREFIX))
                .findFirst()
                .orElseThrow(() -> new IOException(membership + " names no group of cgroup v2, with " + PREFIX))
                .substring(PREFIX.length());
        Path parent = mount.resolve(own.replaceFirst("^/+", "")).normalize();
        if (!parent.startsWith(mount)) {
            throw new IOException("%s: %s is outside of what is seen at %s".formatted(membership, own, mount));
        }
        Path controllers = parent.resolve(CONTROLLERS);
        String offered = read(controllers).strip();
        if (!List.of(offered.split(" ")).contains("cpu")) {
            throw new IOException("%s: \"%s\" without cpu".formatted(controllers, offered));
        }
        return parent;
    }

    private static String read(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IOException("reading %s: %s".formatted(file, ThreadedGroup.reason(e)), e);
        }
    }

    private ThreadedGroup make(Path parent, Collection<Integer> threads) throws IOException {
        // A group that has processes itself may have threaded groups below it, and only those.
        ThreadedGroup made = ThreadedGroup.make(parent, name);
        try {
            ThreadedGroup.write(parent.resolve("cgroup.subtree_control"), "+cpu");
            for (int thread : threads) {
                made.add(thread);
            }
            return made;
        } catch (IOException e) {
            for (int thread : threads) {
                try {
                    made.remove(thread);
                } catch (IOException other) {
                    e.addSuppressed(other);
                }
            }
            made.deleteAfter(e);
            throw e;
        }
    }

    /** A thread has come. */
    String add(int thread) {
        ThreadedGroup there = group;
        try {
            if (there != null) {
                refuseUnknown(thread);
                there.add(thread);
            }
            return "";
        } catch (IOException e) {
            return e.getMessage() + ": the thread has the weight of the rest of the process";
        }
    }

    /** A thread is about to end. */
    String remove(int thread) {
        ThreadedGroup there = group;
        try {
            if (there != null && thread != UNKNOWN) {
                there.remove(thread);
            }
            return "";
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** Nobody weights it any more. */
    String release() {
        return group == null ? "" : weight(NEUTRAL, List.of());
    }

    /** Its last thread has left it. */
    String close() {
        ThreadedGroup there = group;
        group = null;
        try {
            if (there != null) {
                there.delete();
            }
            return "";
        } catch (IOException e) {
            return e.getMessage() + ": an empty group costs nothing; remove it with rmdir when the process has ended";
        }
    }
}
