package dev.backplane.kernel.internal.snapshot;

import dev.backplane.api.state.StateException;
import dev.backplane.kernel.internal.state.JsonRecord;
import java.util.List;
import java.util.Optional;

/**
 * What a snapshot is made of, for people and for the checks before a machine goes on from it.
 *
 * @param format always {@link #FORMAT}
 * @param version of this layout
 * @param id the snapshot's own name, which no other one has
 * @param takenMillis when the machine stood, in milliseconds since 1970
 * @param machine the machine's name
 * @param vcpus how many vCPUs it has
 * @param cpuType the CPU backend that it ran on
 * @param cpuModel its CPU model
 * @param vmFile the VM file, with what was put in place of its values
 * @param folder what relative paths in the VM file start from
 * @param board the board's type
 * @param parts board and parts
 * @param changes options that were changed while it ran
 * @param slots devices that were added while it ran
 * @param memory its memory
 * @param state the file with the state of everything else
 * @param disks files of its disks
 */
public record Manifest(
        String format,
        int version,
        String id,
        long takenMillis,
        String machine,
        int vcpus,
        String cpuType,
        String cpuModel,
        String vmFile,
        String folder,
        String board,
        List<Part> parts,
        List<Change> changes,
        List<Slot> slots,
        Memory memory,
        StoredFile state,
        List<DiskFile> disks) {
    /** What a manifest is known by. */
    public static final String FORMAT = "backplane-snapshot";

    /** The layout that this version writes, and the newest that it reads. */
    public static final int VERSION = 1;

    private static final JsonRecord<Manifest> JSON = new JsonRecord<>(Manifest.class);
    private static final JsonRecord<Head> HEAD = new JsonRecord<>(Head.class);

    /** Copies the lists. */
    public Manifest {
        parts = List.copyOf(parts);
        changes = List.copyOf(changes);
        slots = List.copyOf(slots);
        disks = List.copyOf(disks);
    }

    private record Head(String format, int version) {}

    /**
     * A part, or the board.
     *
     * @param id the bay's identifier
     * @param kind the kind of part
     * @param type its type
     * @param plugin the plugin that wrote its state
     * @param schema what the state means
     * @param version of the schema
     */
    public record Part(String id, String kind, String type, String plugin, String schema, int version) {}

    /**
     * An option that was changed.
     *
     * @param bay the bay's identifier
     * @param key its name
     * @param value as in a VM file
     */
    public record Change(String bay, String key, String value) {}

    /**
     * A device that was added.
     *
     * @param device as in a VM file's list of devices
     * @param folder what relative paths start from
     */
    public record Slot(String device, String folder) {}

    /**
     * A file of the snapshot.
     *
     * @param file its name in the folder
     * @param bytes its length
     * @param crc32c its checksum
     */
    public record StoredFile(String file, long bytes, long crc32c) {}

    /**
     * The memory.
     *
     * @param bytes of the machine
     * @param chunkBytes how many bytes a line of the index is about
     * @param file its name in the folder
     * @param fileBytes its length
     * @param compression {@code none} or {@code zstd}
     * @param index where each chunk is, with its checksum
     * @param base the snapshot that has what is not here
     */
    public record Memory(
            long bytes,
            int chunkBytes,
            String file,
            long fileBytes,
            String compression,
            StoredFile index,
            Optional<Base> base) {}

    /**
     * The snapshot that another one stands on.
     *
     * @param folder where it is, from the folder of the one that stands on it
     * @param id its own name
     */
    public record Base(String folder, String id) {}

    /**
     * A file of a disk.
     *
     * @param bay the bay that has it open
     * @param path where it is
     * @param writable whether the machine writes to it
     * @param bytes its length
     * @param modifiedNanos when it was last written, in nanoseconds since 1970
     * @param ends CRC-32C of its first and its last 64 KiB
     * @param copy the copy in the folder, where one was made
     */
    public record DiskFile(
            String bay,
            String path,
            boolean writable,
            long bytes,
            long modifiedNanos,
            long ends,
            Optional<StoredCopy> copy) {}

    /**
     * A copy of a disk's file.
     *
     * @param file its name in the folder
     * @param bytes its length
     */
    public record StoredCopy(String file, long bytes) {}

    byte[] json() {
        return JSON.write(this);
    }

    /**
     * Reads a manifest.
     *
     * @throws StateException when it is none, or one of a newer version of Backplane
     */
    static Manifest read(byte[] json) throws StateException {
        Head head = HEAD.readKnown(json);
        if (!head.format.equals(FORMAT)) {
            throw new StateException("it is a manifest of something else: format \"%s\", expected \"%s\""
                    .formatted(head.format, FORMAT));
        }
        if (head.version > VERSION) {
            throw new StateException(
                    "it has version %d of a snapshot's layout: this Backplane reads up to %d: use the one that made it, or a newer one"
                            .formatted(head.version, VERSION));
        }
        return JSON.read(json);
    }
}
