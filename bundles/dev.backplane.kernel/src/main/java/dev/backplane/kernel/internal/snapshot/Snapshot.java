package dev.backplane.kernel.internal.snapshot;

import dev.backplane.api.state.StateException;
import dev.backplane.kernel.internal.memory.FileRun;
import dev.backplane.kernel.internal.snapshot.Manifest.DiskFile;
import dev.backplane.kernel.internal.snapshot.Manifest.StoredFile;
import dev.backplane.kernel.internal.state.EncodedState;
import dev.backplane.kernel.internal.state.StateCodec;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * A whole snapshot, looked at. Its manifest has been read, its small files compared with their checksums and its large ones with their
 * lengths.
 */
public final class Snapshot {
    private static final String WRITER = "dev.backplane.kernel";

    /** So many snapshots may stand on each other. */
    private static final int MOST_LEVELS = 64;

    private static final long LARGEST_SMALL_FILE = 1L << 30;

    private final Path folder;
    private final Manifest manifest;
    private final MachineState state;
    private final List<MemoryReader.Level> levels;

    private Snapshot(Path folder, Manifest manifest, MachineState state, List<MemoryReader.Level> levels) {
        this.folder = folder;
        this.manifest = manifest;
        this.state = state;
        this.levels = levels;
    }

    /**
     * Opens one, and those that it stands on.
     *
     * @param folder the snapshot's
     * @return the snapshot
     * @throws StateException when it is none, or not whole: names the file
     * @throws IOException when a file cannot be read
     */
    public static Snapshot open(Path folder) throws StateException, IOException {
        Manifest manifest = manifest(folder);
        MachineState state = state(folder, manifest.state());
        return new Snapshot(folder, manifest, state, levels(folder, manifest));
    }

    /**
     * Reads the manifest alone.
     *
     * @param folder the snapshot's
     * @return its manifest
     * @throws StateException when the folder is no snapshot
     * @throws IOException when it cannot be read
     */
    public static Manifest manifest(Path folder) throws StateException, IOException {
        Path file = folder.resolve(SnapshotFolder.MANIFEST);
        if (!Files.isDirectory(folder)) {
            throw new StateException(folder + " is no folder: name the folder of a snapshot");
        }
        if (!Files.exists(file)) {
            throw new StateException("%s is no snapshot, or one that was not completed: it has no %s"
                    .formatted(folder, SnapshotFolder.MANIFEST));
        }
        try {
            return Manifest.read(small(file));
        } catch (StateException e) {
            throw new StateException(file + ": " + e.getMessage());
        }
    }

    private static byte[] small(Path file) throws StateException, IOException {
        if (Files.size(file) > LARGEST_SMALL_FILE) {
            throw new StateException("%,d bytes: too large to be such a file".formatted(Files.size(file)));
        }
        return Files.readAllBytes(file);
    }

    private static byte[] checked(Path folder, StoredFile noted) throws StateException, IOException {
        Path file = inside(folder, noted.file());
        refuseLength(file, noted.bytes());
        byte[] bytes = small(file);
        if (Checksums.of(bytes) != noted.crc32c()) {
            throw new StateException("%s is damaged: CRC-32C 0x%08x, expected 0x%08x"
                    .formatted(file, Checksums.of(bytes), noted.crc32c()));
        }
        return bytes;
    }

    /** A manifest names files of its own folder only. */
    private static Path inside(Path folder, String name) throws StateException {
        Path file = folder.resolve(name).normalize();
        if (name.isEmpty() || !folder.normalize().equals(file.getParent())) {
            throw new StateException("%s: \"%s\" is no file of the snapshot".formatted(folder, name));
        }
        return file;
    }

    private static void refuseLength(Path file, long expected) throws StateException, IOException {
        try {
            if (Files.size(file) != expected) {
                throw new StateException(
                        "%s is damaged: it has %,d bytes, expected %,d".formatted(file, Files.size(file), expected));
            }
        } catch (NoSuchFileException e) {
            throw new StateException(file + " is missing");
        }
    }

    private static MachineState state(Path folder, StoredFile noted) throws StateException, IOException {
        byte[] cbor = checked(folder, noted);
        try {
            StateCodec codec = new StateCodec(MachineState.class, WRITER);
            return (MachineState) codec.decode(new EncodedState("backplane-machine", 1, WRITER, cbor));
        } catch (StateException e) {
            throw new StateException("%s: %s".formatted(folder.resolve(noted.file()), e.getMessage()));
        }
    }

    private static List<MemoryReader.Level> levels(Path top, Manifest first) throws StateException, IOException {
        List<MemoryReader.Level> levels = new ArrayList<>();
        Path folder = top;
        Manifest manifest = first;
        Set<String> seen = new HashSet<>();
        while (true) {
            Manifest.Memory noted = manifest.memory();
            if (!seen.add(manifest.id()) || levels.size() == MOST_LEVELS) {
                throw new StateException("%s stands on itself, or on more than %d others".formatted(top, MOST_LEVELS));
            }
            levels.add(level(folder, noted));
            if (noted.base().isEmpty()) {
                return levels;
            }
            Manifest.Base base = noted.base().get();
            Path below = folder.resolve(base.folder()).normalize();
            Manifest next;
            try {
                next = manifest(below);
            } catch (StateException e) {
                throw new StateException("%s stands on another snapshot: %s".formatted(folder, e.getMessage()));
            }
            if (!next.id().equals(base.id()) || next.memory().bytes() != noted.bytes()) {
                throw new StateException("%s stands on snapshot %s, and %s is snapshot %s"
                        .formatted(folder, base.id(), below, next.id()));
            }
            folder = below;
            manifest = next;
        }
    }

    private static MemoryReader.Level level(Path folder, Manifest.Memory noted) throws StateException, IOException {
        boolean compressed = switch (noted.compression()) {
            case "none" -> false;
            case "zstd" -> true;
            default ->
                throw new StateException(
                        "%s: memory.compression: \"%s\": expected none or zstd".formatted(folder, noted.compression()));
        };
        if (noted.chunkBytes() != MemoryIndex.CHUNK_BYTES || noted.bytes() <= 0 || noted.bytes() > 1L << 40) {
            throw new StateException("%s: memory of %,d bytes in chunks of %,d: expected chunks of %,d"
                    .formatted(folder, noted.bytes(), noted.chunkBytes(), MemoryIndex.CHUNK_BYTES));
        }
        Path file = inside(folder, noted.file());
        refuseLength(file, noted.fileBytes());
        byte[] index = checked(folder, noted.index());
        try {
            return new MemoryReader.Level(
                    file,
                    compressed,
                    MemoryIndex.read(
                            index,
                            noted.bytes(),
                            noted.fileBytes(),
                            compressed,
                            noted.base().isPresent()));
        } catch (StateException e) {
            throw new StateException(
                    "%s is damaged: %s".formatted(folder.resolve(noted.index().file()), e.getMessage()));
        }
    }

    /** Where it is. */
    public Path folder() {
        return folder;
    }

    /** What it is made of. */
    public Manifest manifest() {
        return manifest;
    }

    /** The state of everything but memory and disks. */
    public MachineState state() {
        return state;
    }

    MemoryReader memory() throws IOException {
        return MemoryReader.open(manifest.memory().bytes(), levels);
    }

    /**
     * Where its memory is, if the files have it as a machine has.
     *
     * @return ascending; empty where it has to be read
     */
    public Optional<List<FileRun>> inPlace() {
        return MemoryReader.inPlace(manifest.memory().bytes(), levels);
    }

    /**
     * Puts its memory into that of a machine.
     *
     * @param ram zeros, as many as the manifest says
     * @param threads how many read at most
     * @throws IOException when a file is damaged or has become shorter: names it
     */
    public void load(MemorySegment ram, int threads) throws IOException {
        try (MemoryReader memory = memory()) {
            memory.load(ram, threads);
        }
    }

    /**
     * Compares memory as it was loaded with the checksums. Takes some time; any thread.
     *
     * @param loaded what {@link #load} has filled and nobody has changed since
     * @param abandoned whether nobody waits for the answer any more
     * @return what is damaged, if anything is
     */
    public Optional<String> verify(MemorySegment loaded, BooleanSupplier abandoned) {
        return MemoryReader.verify(loaded, levels, abandoned);
    }

    /**
     * Copies the copies of disks into a folder.
     *
     * @param target the folder; made where there is none
     * @return where each file is now, by where it was
     * @throws IOException when a copy is damaged, something is there already, or it cannot be written
     */
    public Map<Path, Path> copyDisks(Path target) throws IOException, StateException {
        Map<Path, Path> moved = new LinkedHashMap<>();
        Files.createDirectories(target);
        for (DiskFile disk : manifest.disks()) {
            if (disk.copy().isPresent()) {
                Path from = inside(folder, disk.copy().get().file());
                refuseLength(from, disk.copy().get().bytes());
                Path to = target.resolve(Path.of(disk.path()).getFileName());
                DiskFiles.copy(from, to);
                moved.put(Path.of(disk.path()), to);
            }
        }
        return moved;
    }

    /**
     * Whether the disks are as they were.
     *
     * @param moved files in whose place there are others now
     * @return what is otherwise, a sentence a file
     * @throws IOException when one cannot be read
     */
    public List<String> changedDisks(Set<Path> moved) throws IOException {
        List<String> changed = new ArrayList<>();
        for (DiskFile disk : manifest.disks()) {
            if (moved.contains(Path.of(disk.path()))) {
                continue;
            }
            Optional<String> difference = DiskFiles.difference(disk);
            if (difference.isPresent()) {
                changed.add("%s: %s has changed since the snapshot: %s%s"
                        .formatted(
                                disk.bay(),
                                disk.path(),
                                difference.get(),
                                disk.copy().isPresent()
                                        ? "; the snapshot has a copy: name a folder for it to work on (--disks)"
                                        : ""));
            }
        }
        return changed;
    }
}
