package dev.backplane.kernel.internal.snapshot;

import dev.backplane.api.state.StateException;
import dev.backplane.kernel.internal.files.HostImageFile;
import dev.backplane.kernel.internal.memory.FrozenRam;
import dev.backplane.kernel.internal.memory.MemoryRun;
import dev.backplane.kernel.internal.snapshot.Manifest.DiskFile;
import dev.backplane.kernel.internal.snapshot.Manifest.StoredCopy;
import dev.backplane.kernel.internal.snapshot.Manifest.StoredFile;
import dev.backplane.kernel.internal.state.StateCodec;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The making of one snapshot: the disks are looked at while the machine stands, the rest is written when it runs again. */
public final class SnapshotWriting implements AutoCloseable {
    private final SnapshotFolder folder;
    private final Path path;
    private final boolean compress;
    private final @Nullable Snapshot base;
    private final String id = UUID.randomUUID().toString();
    private final List<DiskFile> disks = new ArrayList<>();
    private boolean complete;
    private long heldBytes;
    private long storedBytes;

    /** What a machine was when it stood, but for memory and disks. */
    public interface Still {
        /**
         * What the manifest says of it.
         *
         * @param id the snapshot's own name
         * @param memory its memory
         * @param state the file with its state
         * @param disks files of its disks
         * @return the manifest
         */
        Manifest manifest(String id, Manifest.Memory memory, StoredFile state, List<DiskFile> disks);

        /**
         * Its state.
         *
         * @return all of it
         */
        MachineState state();
    }

    private SnapshotWriting(SnapshotFolder folder, Path path, boolean compress, @Nullable Snapshot base) {
        this.folder = folder;
        this.path = path;
        this.compress = compress;
        this.base = base;
    }

    /**
     * Begins one.
     *
     * @param folder where
     * @param compress whether memory is compressed
     * @param base what it stands on, if anything
     * @param steps told of each step, for tests
     * @return the writing, which is given up by closing it
     * @throws IOException when the folder cannot be made, or has something in it
     */
    public static SnapshotWriting begin(Path folder, boolean compress, @Nullable Snapshot base, Consumer<String> steps)
            throws IOException {
        return new SnapshotWriting(SnapshotFolder.begin(folder, steps), folder, compress, base);
    }

    /** The snapshot's own name. */
    public String id() {
        return id;
    }

    /**
     * Looks at a file of a disk, which nobody writes now.
     *
     * @param bay the bay that has it open
     * @param file the file
     * @param copy whether it is copied, where it is written to
     * @throws IOException when it cannot be read, or not be copied
     */
    public void disk(String bay, HostImageFile file, boolean copy) throws IOException {
        Optional<StoredCopy> copied = Optional.empty();
        if (copy && file.isWritable()) {
            String name = "disk-%d-%s".formatted(disks.size(), file.path().getFileName());
            copied = Optional.of(new StoredCopy(name, DiskFiles.copy(file, folder.path(name))));
            storedBytes += copied.get().bytes();
            folder.done(name);
        }
        disks.add(DiskFiles.note(bay, file.path(), file.isWritable(), copied));
    }

    /** The disks as they were noted. */
    public List<DiskFile> disks() {
        return List.copyOf(disks);
    }

    /**
     * Writes the rest, and makes it a snapshot.
     *
     * @param still what the machine was
     * @param memory what its memory was
     * @param earlier what its memory was when the base was made, where that is known
     * @throws IOException when something cannot be written
     */
    public void write(Still still, FrozenRam memory, @Nullable FrozenRam earlier) throws IOException {
        StoredFile state = folder.put(
                SnapshotFolder.STATE,
                new StateCodec(MachineState.class, "dev.backplane.kernel")
                        .encode(still.state())
                        .cbor());
        Manifest.Memory stored = memory(memory, earlier);
        folder.complete(still.manifest(id, stored, state, disks));
        complete = true;
        storedBytes += state.bytes() + stored.index().bytes();
    }

    private Manifest.Memory memory(FrozenRam memory, @Nullable FrozenRam earlier) throws IOException {
        MemoryIndex index;
        long fileBytes;
        try (FileChannel file = folder.create(SnapshotFolder.MEMORY)) {
            MemoryWriter writer = new MemoryWriter(memory.segment(), file, compress);
            BitSet data = chunks(memory.data());
            index = base == null
                    ? writer.write(data, null, data)
                    : upon(base, writer, data, chunks(changes(memory, earlier)));
            file.force(true);
            fileBytes = writer.fileBytes();
            heldBytes = writer.heldBytes();
            storedBytes += compress ? fileBytes : heldBytes;
        }
        folder.done(SnapshotFolder.MEMORY);
        return new Manifest.Memory(
                memory.bytes(),
                MemoryIndex.CHUNK_BYTES,
                SnapshotFolder.MEMORY,
                fileBytes,
                compress ? "zstd" : "none",
                folder.put(SnapshotFolder.INDEX, index.bytes()),
                Optional.ofNullable(base)
                        .map(below -> new Manifest.Base(
                                relative(below.folder()), below.manifest().id())));
    }

    private static List<MemoryRun> changes(FrozenRam memory, @Nullable FrozenRam earlier) {
        return earlier == null ? List.of(new MemoryRun(0, memory.bytes())) : memory.changes(earlier);
    }

    private static MemoryIndex upon(Snapshot base, MemoryWriter writer, BitSet data, BitSet changed)
            throws IOException {
        try (MemoryReader old = base.memory()) {
            return writer.write(data, old, changed);
        }
    }

    private static BitSet chunks(List<MemoryRun> runs) {
        BitSet chunks = new BitSet();
        for (MemoryRun run : runs) {
            chunks.set(
                    (int) (run.offset() / MemoryIndex.CHUNK_BYTES),
                    (int) ((run.end() - 1) / MemoryIndex.CHUNK_BYTES) + 1);
        }
        return chunks;
    }

    /** So that both can be moved together. */
    private String relative(Path other) {
        Path from = path.toAbsolutePath().normalize();
        Path to = other.toAbsolutePath().normalize();
        return from.relativize(to).toString();
    }

    /** How much memory it holds. */
    public long heldBytes() {
        return heldBytes;
    }

    /** How much all its files hold. */
    public long storedBytes() {
        return storedBytes;
    }

    /** Gives it up where it is not complete. */
    @Override
    public void close() {
        if (!complete) {
            folder.abandon();
        }
    }

    /**
     * Opens what a snapshot is to stand on.
     *
     * @param folder the other snapshot's
     * @param memoryBytes how much memory the machine has
     * @return the other snapshot
     * @throws StateException when it is none, or one of a machine with other memory
     * @throws IOException when it cannot be read
     */
    public static Snapshot base(Path folder, long memoryBytes) throws StateException, IOException {
        Snapshot base = Snapshot.open(folder);
        if (base.manifest().memory().bytes() != memoryBytes) {
            throw new StateException("%s is a snapshot of %s with %,d bytes of memory: this machine has %,d"
                    .formatted(
                            folder,
                            base.manifest().machine(),
                            base.manifest().memory().bytes(),
                            memoryBytes));
        }
        return base;
    }
}
