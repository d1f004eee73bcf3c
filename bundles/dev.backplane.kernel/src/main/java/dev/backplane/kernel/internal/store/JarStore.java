package dev.backplane.kernel.internal.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The store: {@code objects/HASH/NAME.jar} are copies that never change, {@code generations/N} name the exact set that was
 * installed together, {@code current} names the generation in force. Several processes may use one store: objects are named
 * by their content, generations are taken by creating them, and everything appears by an atomic rename.
 */
final class JarStore {
    private final Path root;

    JarStore(Path root) {
        this.root = root;
    }

    /** Where copies lie. */
    Path objects() {
        return root.resolve("objects");
    }

    /** Copies a jar into the store, unless it is there. The copy is what was checked, whatever happens to the original. */
    Path add(PluginJar jar, Path original) throws IOException, JarCheck.Refused {
        Path folder = Files.createDirectories(objects().resolve(jar.sha256()));
        Path object = folder.resolve(jar.fileName());
        if (!Files.exists(object)) {
            Path part = Files.createTempFile(folder, "copy", ".part");
            try {
                Files.copy(original, part, StandardCopyOption.REPLACE_EXISTING);
                force(part);
                if (!JarCheck.hash(part).equals(jar.sha256())) {
                    throw new JarCheck.Refused("it changed while it was copied to the store");
                }
                Files.move(part, object, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
        }
        return object;
    }

    private static void force(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
    }

    /** Writes down a set of bundles as the next generation and makes it the current one. */
    int record(Collection<PluginJar> jars) throws IOException {
        String text = jars.stream()
                .map(jar -> "%s %s %s %s%n".formatted(jar.sha256(), jar.symbolicName(), jar.version(), jar.fileName()))
                .sorted()
                .collect(Collectors.joining());
        Path generations = Files.createDirectories(root.resolve("generations"));
        int current = current().orElse(0);
        if (current > 0 && text.equals(readOrEmpty(generations.resolve(Integer.toString(current))))) {
            return current;
        }
        int number = newest(generations) + 1;
        while (true) {
            try {
                Path file = generations.resolve(Integer.toString(number));
                Files.writeString(file, text, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                force(file);
                break;
            } catch (FileAlreadyExistsException e) {
                number++;
            }
        }
        Path part = Files.createTempFile(root, "current", ".part");
        Files.writeString(part, Integer.toString(number));
        force(part);
        Files.move(part, root.resolve("current"), StandardCopyOption.ATOMIC_MOVE);
        return number;
    }

    /** The generation in force. */
    OptionalInt current() {
        String text = readOrEmpty(root.resolve("current")).strip();
        return text.matches("[0-9]{1,9}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    }

    private static String readOrEmpty(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    private static int newest(Path generations) throws IOException {
        try (Stream<Path> files = Files.list(generations)) {
            return files.map(file -> String.valueOf(file.getFileName()))
                    .filter(name -> name.matches("[0-9]{1,9}"))
                    .mapToInt(Integer::parseInt)
                    .max()
                    .orElse(0);
        }
    }
}
