package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.image.ImageSnapshot;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * The snapshot table (docs/interop/qcow2, "Snapshots").
 *
 * @param offset where it is; 0 where there is none
 * @param bytes how long it is
 * @param entries in their order
 */
record SnapshotTable(long offset, int bytes, List<Entry> entries) {
    static final int MOST = 65536;
    private static final int FIXED_BYTES = 40;
    private static final int MOST_EXTRA_BYTES = 1024;
    private static final int MOST_BYTES = 64 << 20;
    private static final int EXTRA_BYTES = 24;

    /**
     * A snapshot.
     *
     * @param l1Offset where its L1 table is
     * @param l1Entries how long that is
     * @param vmStateBytes how much of a machine's state is with it
     * @param diskBytes how long the disk was; -1 where nobody wrote that down
     * @param icount the machine's instruction count; -1 for none
     */
    record Entry(
            long l1Offset,
            int l1Entries,
            String id,
            String name,
            Instant created,
            long vmClockNanos,
            long vmStateBytes,
            long diskBytes,
            long icount) {
        long capacityBytes(long now) {
            return diskBytes < 0 ? now : diskBytes;
        }

        ImageSnapshot told(long now) {
            return new ImageSnapshot(
                    id, name, created, capacityBytes(now), vmStateBytes, Duration.ofNanos(vmClockNanos));
        }
    }

    static SnapshotTable read(Image image, Header header) throws StorageException {
        List<Entry> entries = new ArrayList<>();
        long at = header.snapshotsOffset();
        for (int i = 0; i < header.snapshotCount(); i++) {
            ByteBuffer fixed = image.read(at, FIXED_BYTES);
            int idBytes = fixed.getShort(12) & 0xffff;
            int nameBytes = fixed.getShort(14) & 0xffff;
            int extraBytes = fixed.getInt(36);
            if (extraBytes < 0 || extraBytes > MOST_EXTRA_BYTES) {
                throw Image.corrupt("snapshot %d with %d bytes of extra data".formatted(i, extraBytes));
            }
            int length = FIXED_BYTES + extraBytes + idBytes + nameBytes;
            entries.add(entry(
                    header, fixed, image.read(at + FIXED_BYTES, length - FIXED_BYTES), extraBytes, idBytes, nameBytes));
            at += (length + 7) / 8 * 8;
            if (at - header.snapshotsOffset() > MOST_BYTES || at > image.bytes() + 8) {
                throw Image.corrupt("a snapshot table of more than %d bytes".formatted(at - header.snapshotsOffset()));
            }
        }
        return new SnapshotTable(
                header.snapshotCount() == 0 ? 0 : header.snapshotsOffset(),
                header.snapshotCount() == 0 ? 0 : (int) (at - header.snapshotsOffset()),
                List.copyOf(entries));
    }

    private static Entry entry(
            Header header, ByteBuffer fixed, ByteBuffer rest, int extraBytes, int idBytes, int nameBytes)
            throws StorageException {
        long l1Offset = fixed.getLong(0);
        int l1Entries = fixed.getInt(8);
        if (l1Entries < 0
                || l1Entries > Header.MOST_L1_BYTES / 8
                || l1Offset < 0
                || l1Offset % header.clusterBytes() != 0) {
            throw Image.corrupt("a snapshot's L1 table of %d entries at 0x%x".formatted(l1Entries, l1Offset));
        }
        long diskBytes = extraBytes >= 16 ? rest.getLong(8) : -1;
        if (diskBytes >= 0 && header.l1EntriesFor(diskBytes) > l1Entries) {
            throw Image.corrupt("a snapshot's L1 table of %d entries for %d bytes".formatted(l1Entries, diskBytes));
        }
        return new Entry(
                l1Offset,
                l1Entries,
                text(rest, extraBytes, idBytes),
                text(rest, extraBytes + idBytes, nameBytes),
                Instant.ofEpochSecond(fixed.getInt(16) & 0xffff_ffffL, fixed.getInt(20) & 0xffff_ffffL),
                Math.max(0, fixed.getLong(24)),
                extraBytes >= 8 ? Math.max(0, rest.getLong(0)) : fixed.getInt(32) & 0xffff_ffffL,
                diskBytes,
                extraBytes >= EXTRA_BYTES ? rest.getLong(16) : -1);
    }

    private static String text(ByteBuffer from, int at, int length) {
        return new String(from.array(), at, length, StandardCharsets.UTF_8);
    }

    /** All of it, as it stands in the image. */
    static byte[] bytes(List<Entry> entries) throws StorageException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Entry each : entries) {
            byte[] id = each.id().getBytes(StandardCharsets.UTF_8);
            byte[] name = each.name().getBytes(StandardCharsets.UTF_8);
            if (id.length > 0xffff || name.length > 0xffff) {
                throw new StorageException(Kind.UNSUPPORTED, "a snapshot's name has at most 65535 bytes");
            }
            int length = (FIXED_BYTES + EXTRA_BYTES + id.length + name.length + 7) / 8 * 8;
            ByteBuffer entry = ByteBuffer.allocate(length);
            entry.putLong(each.l1Offset()).putInt(each.l1Entries());
            entry.putShort((short) id.length).putShort((short) name.length);
            entry.putInt((int) each.created().getEpochSecond())
                    .putInt(each.created().getNano());
            entry.putLong(each.vmClockNanos());
            entry.putInt(each.vmStateBytes() > 0xffff_ffffL ? 0 : (int) each.vmStateBytes());
            entry.putInt(EXTRA_BYTES);
            entry.putLong(each.vmStateBytes()).putLong(each.diskBytes()).putLong(each.icount());
            entry.put(id).put(name);
            out.writeBytes(entry.array());
        }
        return out.toByteArray();
    }

    List<ImageSnapshot> list(long now) {
        return entries.stream().map(entry -> entry.told(now)).toList();
    }

    /** By its identifier, or else by its name. */
    Entry find(String idOrName) throws StorageException {
        return entries.stream()
                .filter(entry -> entry.id().equals(idOrName))
                .findFirst()
                .or(() -> entries.stream()
                        .filter(entry -> entry.name().equals(idOrName))
                        .findFirst())
                .orElseThrow(
                        () -> new StorageException(Kind.NOT_FOUND, "there is no snapshot \"%s\"".formatted(idOrName)));
    }

    /** One that nobody has. */
    String nextId() {
        long highest = 0;
        for (Entry each : entries) {
            if (each.id().matches("[0-9]{1,9}")) {
                highest = Math.max(highest, Long.parseLong(each.id()));
            }
        }
        return Long.toString(highest + 1);
    }
}
