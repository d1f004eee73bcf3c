package dev.backplane.kernel.internal.snapshot;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Consumer;

/**
 * A folder that is to become a snapshot. Its manifest comes last, under another name first: a folder without one is none, whenever it
 * was that its making was interrupted.
 */
public final class SnapshotFolder {
    static final String MANIFEST = "manifest.json";
    static final String STATE = "state.cbor";
    static final String MEMORY = "memory";
    static final String INDEX = "memory.index";

    /** What a folder has whose making has begun. It stays where that was interrupted. */
    private static final String BEGUN = "unfinished";

    private final Path folder;
    private final Consumer<String> steps;

    private SnapshotFolder(Path folder, Consumer<String> steps) {
        this.folder = folder;
        this.steps = steps;
    }

    /**
     * Begins one. What an interrupted one has left there is removed.
     *
     * @param folder where; made where there is none
     * @param steps told of each step when it is done, for tests
     * @return the folder
     * @throws IOException when something else is there, or it cannot be made: says so
     */
    static SnapshotFolder begin(Path folder, Consumer<String> steps) throws IOException {
        try {
            Files.createDirectories(folder.toAbsolutePath().getParent());
            if (!Files.isDirectory(folder)) {
                Files.createDirectory(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            if (Files.exists(folder.resolve(MANIFEST))) {
                throw new FileAlreadyExistsException(folder + ": there is a snapshot already: name another folder");
            }
            if (Files.exists(folder.resolve(BEGUN))) {
                remove(folder);
            }
            try (DirectoryStream<Path> there = Files.newDirectoryStream(folder)) {
                if (there.iterator().hasNext()) {
                    throw new FileAlreadyExistsException(
                            folder + ": it is not empty: a snapshot needs a folder of its own");
                }
            }
        } catch (FileAlreadyExistsException | NotDirectoryException e) {
            throw e;
        } catch (FileSystemException e) {
            throw new IOException(
                    "%s cannot be made: %s".formatted(folder, e.getReason() == null ? e.toString() : e.getReason()));
        }
        SnapshotFolder begun = new SnapshotFolder(folder, steps);
        begun.put(BEGUN, new byte[0]);
        return begun;
    }

    private static void remove(Path folder) throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
            for (Path each : all) {
                if (!each.getFileName().toString().equals(BEGUN)) {
                    Files.delete(each);
                }
            }
        }
        Files.delete(folder.resolve(BEGUN));
    }

    /** A file of it that is not there yet. */
    Path path(String name) {
        return folder.resolve(name);
    }

    /** Writes a file; it is on the disk when this returns. */
    Manifest.StoredFile put(String name, byte[] bytes) throws IOException {
        try (FileChannel file = create(name)) {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                file.write(rest);
            }
            file.force(true);
        }
        done(name);
        return new Manifest.StoredFile(name, bytes.length, Checksums.of(bytes));
    }

    FileChannel create(String name) throws IOException {
        return FileChannel.open(path(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /** A step is done. */
    void done(String step) {
        steps.accept(step);
    }

    /** Makes it a snapshot. */
    void complete(Manifest manifest) throws IOException {
        String early = MANIFEST + ".new";
        put(early, manifest.json());
        force(folder);
        done("folder");
        try {
            Files.move(path(early), path(MANIFEST), StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            throw new IOException(folder + ": its file system cannot rename: " + e.getMessage(), e);
        }
        force(folder);
        done(MANIFEST);
        Files.deleteIfExists(path(BEGUN));
        force(folder.toAbsolutePath().getParent());
        done("complete");
    }

    /** Gives it up: nothing stays behind, if that can be. */
    void abandon() {
        try {
            remove(folder);
            Files.delete(folder);
        } catch (IOException e) {
            // What stays has no manifest.
            System.getLogger(SnapshotFolder.class.getName())
                    .log(System.Logger.Level.WARNING, "{0}: left behind: {1}", folder, e.toString());
        }
    }

    private static void force(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
