package dev.backplane.kernel.internal.store;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The jars of the plugin folder, and which of them have stopped growing. Used by one thread. */
final class DropIns {
    /** A file that has not changed for that long before it is seen first is not being copied. */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    private static final PathMatcher JARS = FileSystems.getDefault().getPathMatcher("glob:*.jar");

    private final Path folder;
    private Map<String, Stamp> seen = new HashMap<>();

    DropIns(Path folder) {
        this.folder = folder;
    }

    /**
     * What a file looked like.
     *
     * @param bytes its length
     * @param changed when it was changed last
     * @param key its identity on the disk: a rename over it changes this
     */
    record Stamp(long bytes, Instant changed, String key) {}

    /**
     * One look at the folder.
     *
     * @param jars all jars by name
     * @param stable whether a jar looked the same the last time, or has not changed for a while
     */
    record Look(Map<String, Stamp> jars, Map<String, Boolean> stable) {
        boolean isStable(String name) {
            return stable.getOrDefault(name, false);
        }
    }

    Look look() throws IOException {
        Map<String, Stamp> now = new TreeMap<>();
        Map<String, Boolean> stable = new HashMap<>();
        for (Path file : list()) {
            try {
                Stamp stamp = stamp(file);
                String name = String.valueOf(file.getFileName());
                boolean old = stamp.changed().isBefore(Instant.now().minus(SETTLED));
                now.put(name, stamp);
                stable.put(name, old || stamp.equals(seen.get(name)));
            } catch (NoSuchFileException e) {
                // Gone between the two looks.
            }
        }
        seen = now;
        return new Look(now, stable);
    }

    private List<Path> list() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> JARS.matches(file.getFileName()) && Files.isRegularFile(file))
                    .toList();
        }
    }

    private static Stamp stamp(Path file) throws IOException {
        var attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new Stamp(
                attributes.size(), attributes.lastModifiedTime().toInstant(), String.valueOf(attributes.fileKey()));
    }

    Path path(String name) {
        return folder.resolve(name);
    }
}
