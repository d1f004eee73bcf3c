package dev.backplane.shell.internal.fleet;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;

/**
 * Definitions in a folder, a file each, by the machine's name. A file is whole or not there, whatever happens meanwhile: written beside,
 * brought to the disk, renamed. One process at a time.
 */
public final class DefinitionStore {
    private static final String SUFFIX = ".vm";
    private static final String NEW = ".new";

    private final Path folder;

    /** Opens the store in a folder, which is made where it is not there. */
    public DefinitionStore(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    /**
     * All that can be read.
     *
     * @param unreadable told of each file that cannot, and why; it stays as it is
     */
    Map<String, Definition> load(BiConsumer<Path, IOException> unreadable) throws IOException {
        Map<String, Definition> all = new TreeMap<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                if (name.endsWith(NEW)) {
                    // Somebody died while it was written.
                    Files.deleteIfExists(file);
                } else if (name.endsWith(SUFFIX)) {
                    try {
                        all.put(
                                name.substring(0, name.length() - SUFFIX.length()),
                                Definition.of(Files.readString(file)));
                    } catch (IOException e) {
                        unreadable.accept(file, e);
                    }
                }
            }
        }
        return all;
    }

    void save(String name, Definition definition) throws IOException {
        Path made = folder.resolve(name + SUFFIX + NEW);
        try (FileChannel file = FileChannel.open(
                made, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(definition.text());
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
            file.force(true);
        }
        Files.move(made, folder.resolve(name + SUFFIX), StandardCopyOption.ATOMIC_MOVE);
        force();
    }

    void delete(String name) throws IOException {
        if (Files.deleteIfExists(folder.resolve(name + SUFFIX))) {
            force();
        }
    }

    /** Names are the folder's business. */
    private void force() throws IOException {
        try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
            names.force(true);
        }
    }
}
