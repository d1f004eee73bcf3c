package dev.backplane.kernel.internal.store;

import dev.backplane.kernel.internal.store.Generation.Entry;
import dev.backplane.kernel.internal.store.Generation.Role;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The store: {@code objects/HASH/NAME.jar} are copies that never change, {@code generations/N} name the exact set that was
 * installed together, {@code current} names the generation in force. Several processes may use one store: objects are named
 * by their content, generations change under a lock, and everything appears by an atomic rename. {@code under-way/} names the
 * objects of updates that have not ended, so that those of a killed process are found.
 */
final class JarStore {
    /** How many generations are kept beside the current one and those that it falls back to. */
    private static final int KEPT = 10;

    /** Another process may have copied an object and not yet written its generation. */
    private static final Duration SETTLED = Duration.ofHours(1);

    private static final System.Logger LOG = System.getLogger(JarStore.class.getName());

    private final Path root;
    private final Step.Listener steps;

    JarStore(Path root) {
        this(root, Step::haltWhereAsked);
    }

    /** @param steps told when a generation is written, and when it is the current one */
    JarStore(Path root, Step.Listener steps) {
        this.root = root;
        this.steps = steps;
    }

    /** Where copies lie. */
    Path objects() {
        return root.resolve("objects");
    }

    private Path generations() {
        return root.resolve("generations");
    }

    private Path object(PluginJar jar) {
        return objects().resolve(jar.sha256()).resolve(jar.fileName());
    }

    /** Copies a jar into the store, unless it is there. The copy is what was checked, whatever happens to the original. */
    Path add(PluginJar jar, Path original) throws IOException, JarCheck.Refused {
        Path object = object(jar);
        if (!Files.exists(object)) {
            Path folder = Files.createDirectories(object.getParent());
            Path part = Files.createTempFile(folder, "copy", ".part");
            try {
                Files.copy(original, part, StandardCopyOption.REPLACE_EXISTING);
                force(part);
                if (!JarCheck.hash(part).equals(jar.sha256())) {
                    throw new JarCheck.Refused("it changed while it was copied to the store");
                }
                Files.move(part, object, StandardCopyOption.ATOMIC_MOVE);
                force(folder);
                force(objects());
            } finally {
                Files.deleteIfExists(part);
            }
        }
        return object;
    }

    /** Also a folder, whose entries are on the disk then. */
    private static void force(Path file) throws IOException {
        try (FileChannel channel = Files.isDirectory(file)
                ? FileChannel.open(file, StandardOpenOption.READ)
                : FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /**
     * Says that objects are about to come which no generation names yet.
     *
     * @return ends that: those which no generation names by then are removed
     */
    UnderWay begin(Collection<PluginJar> jars) throws IOException {
        Path folder = Files.createDirectories(root.resolve("under-way"));
        String hashes = String.join(
                "\n",
                jars.stream()
                        .filter(jar -> !Files.exists(object(jar)))
                        .map(PluginJar::sha256)
                        .toList());
        Path file = folder.resolve("%d-%x".formatted(ProcessHandle.current().pid(), System.nanoTime()));
        write(file, hashes);
        return () -> end(file);
    }

    /** Objects that have come for an update. */
    interface UnderWay {
        /** The update has ended, in one way or the other. */
        void end() throws IOException;
    }

    private void end(Path underWay) throws IOException {
        locked(() -> {
            Set<String> named = named(numbers());
            for (String hash : Files.readAllLines(underWay)) {
                if (!hash.isEmpty() && !named.contains(hash)) {
                    remove(objects().resolve(hash));
                }
            }
            Files.delete(underWay);
            return 0;
        });
    }

    /** Removes what processes that were killed have left. */
    void recover() throws IOException {
        for (Path file : list(root.resolve("under-way"))) {
            String pid = String.valueOf(file.getFileName()).split("-")[0];
            if (pid.matches("[0-9]{1,18}")
                    && ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
                end(file);
            }
        }
    }

    /** Something that no other process does at the same time. */
    private interface Change {
        int make() throws IOException;
    }

    private synchronized int locked(Change change) throws IOException {
        Files.createDirectories(root);
        try (FileChannel channel =
                FileChannel.open(root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.lock();
            return change.make();
        }
    }

    /**
     * Changes the set: writes it down as the next generation and makes that the current one. The change is applied to what is current on
     * the disk, which another process may have changed.
     *
     * @return the number of what is current then
     */
    int change(UnaryOperator<Generation> change) throws IOException {
        return locked(() -> {
            int current = current().orElse(0);
            Generation now = read(current);
            Generation next = change.apply(now).after(current);
            return next.entries().equals(now.entries()) ? current : advance(current, next);
        });
    }

    private int advance(int current, Generation next) throws IOException {
        Files.createDirectories(generations());
        int number = Math.max(current, numbers().stream().reduce(0, Math::max)) + 1;
        Path file = generations().resolve(Integer.toString(number));
        write(file, next.text());
        steps.reached(Step.WRITTEN);
        try {
            write(root.resolve("current"), Integer.toString(number));
        } catch (IOException e) {
            Files.deleteIfExists(file);
            throw e;
        }
        steps.reached(Step.CURRENT);
        prune();
        return number;
    }

    /** A file appears whole, or not at all. */
    private static void write(Path file, String text) throws IOException {
        Path part = Files.createTempFile(file.getParent(), "new", ".part");
        try {
            Files.writeString(part, text);
            force(part);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
            force(file.getParent());
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** The generation in force. */
    OptionalInt current() {
        try {
            String text = Files.readString(root.resolve("current")).strip();
            return text.matches("[0-9]{1,9}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
        } catch (IOException e) {
            return OptionalInt.empty();
        }
    }

    /** A generation; one that is not there is empty. */
    Generation read(int number) throws IOException {
        try {
            return Generation.parse(Files.readString(generations().resolve(Integer.toString(number))));
        } catch (NoSuchFileException e) {
            return Generation.NONE;
        } catch (IllegalArgumentException e) {
            throw new IOException(generations().resolve(Integer.toString(number)) + ": " + e.getMessage(), e);
        }
    }

    /** Why the launcher did not get ready with a generation, if it did not. */
    Optional<String> failure(int number) {
        try {
            return Optional.of(Files.readString(generations().resolve(number + ".failed"))
                    .strip()
                    .replaceAll("\\s+", " "));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** All generations with the time when each was written, the newest first. */
    Map<Integer, Instant> history() throws IOException {
        Map<Integer, Instant> history = new TreeMap<>(Comparator.reverseOrder());
        for (int number : numbers()) {
            history.put(
                    number,
                    Files.getLastModifiedTime(generations().resolve(Integer.toString(number)))
                            .toInstant());
        }
        return history;
    }

    private List<Integer> numbers() throws IOException {
        return list(generations()).stream()
                .map(file -> String.valueOf(file.getFileName()))
                .filter(name -> name.matches("[0-9]{1,9}"))
                .map(Integer::parseInt)
                .toList();
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (NoSuchFileException e) {
            return List.of();
        }
    }

    /** The hashes that some generations name. */
    private Set<String> named(Collection<Integer> numbers) throws IOException {
        Set<String> named = new HashSet<>();
        for (int number : numbers) {
            read(number).entries().stream()
                    .filter(entry -> entry.role() != Role.WITHOUT)
                    .map(Entry::sha256)
                    .forEach(named::add);
        }
        return named;
    }

    /** Forgets what no start will fall back to. Under the lock. */
    private void prune() {
        try {
            List<Integer> numbers = new ArrayList<>(numbers());
            numbers.sort(Comparator.reverseOrder());
            List<Integer> kept = new ArrayList<>(numbers.subList(0, Math.min(KEPT, numbers.size())));
            for (int number : numbers.subList(kept.size(), numbers.size())) {
                for (String ending : List.of("", ".ready", ".trying", ".failed")) {
                    Files.deleteIfExists(generations().resolve(number + ending));
                }
            }
            Set<String> named = named(kept);
            for (Path object : list(objects())) {
                boolean settled = Files.getLastModifiedTime(object)
                        .toInstant()
                        .isBefore(Instant.now().minus(SETTLED));
                if (settled && !named.contains(String.valueOf(object.getFileName()))) {
                    remove(object);
                }
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "{0}: old generations stay: {1}", root, e.toString());
        }
    }

    /** An object with its folder. Who has the jar open goes on reading it. */
    private static void remove(Path object) throws IOException {
        for (Path file : list(object)) {
            Files.deleteIfExists(file);
        }
        Files.deleteIfExists(object);
    }
}
