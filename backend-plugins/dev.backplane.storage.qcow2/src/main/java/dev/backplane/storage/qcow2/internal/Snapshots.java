package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.image.ImageSnapshot;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Snapshots come and go. The layer's monitor guards it, nothing is in flight, and everything has been written before.
 *
 * <p>Refcounts, the marks of what is used once, and the tables that lead to both change together: new ones are written where nothing is, and
 * one write of the header exchanges them for the old ones. So a power cut leaves the image as it was before or as it is behind.
 */
final class Snapshots {
    private final Image image;
    private final Header header;
    private final Refcounts refcounts;
    private final Mapping mapping;
    private final Compressed compressed;
    private SnapshotTable table;

    Snapshots(Image image, Header header, Refcounts refcounts, Mapping mapping, Compressed compressed)
            throws StorageException {
        this.image = image;
        this.header = header;
        this.refcounts = refcounts;
        this.mapping = mapping;
        this.compressed = compressed;
        table = SnapshotTable.read(image, header);
    }

    SnapshotTable table() {
        return table;
    }

    ImageSnapshot create(String name, long capacityBytes) throws StorageException {
        if (table.entries().size() >= SnapshotTable.MOST) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "an image has at most %d snapshots".formatted(SnapshotTable.MOST));
        }
        Table old = mapping.top();
        SnapshotTable.Entry made = new SnapshotTable.Entry(
                old.offset,
                mapping.topEntries(),
                table.nextId(),
                name,
                Instant.ofEpochMilli(System.currentTimeMillis()),
                0,
                0,
                capacityBytes,
                -1);
        List<SnapshotTable.Entry> all = new ArrayList<>(table.entries());
        all.add(made);
        // The tables of this moment become the snapshot's; the disk goes on with others.
        exchange(() -> {
            visit(mapping, refcounts::retain);
            return new Roots(capacityBytes, place(adopt(mapping)), mapping.topEntries(), replaced(all));
        });
        return made.told(capacityBytes);
    }

    /** Returns the capacity that the disk has now. */
    long apply(SnapshotTable.Entry entry, long now) throws StorageException {
        long capacityBytes = entry.capacityBytes(now);
        if (header.l1EntriesFor(capacityBytes) > entry.l1Entries()) {
            throw Image.corrupt(
                    "a snapshot's L1 table of %d entries for %d bytes".formatted(entry.l1Entries(), capacityBytes));
        }
        Mapping then = tree(entry);
        exchange(() -> {
            visit(mapping, refcounts::drop);
            dropRange(mapping.top().offset, 8L * mapping.topEntries());
            visit(then, refcounts::retain);
            return new Roots(capacityBytes, place(adopt(then)), then.topEntries(), table);
        });
        return capacityBytes;
    }

    void delete(SnapshotTable.Entry entry, long capacityBytes) throws StorageException {
        Mapping then = tree(entry);
        List<SnapshotTable.Entry> left = new ArrayList<>(table.entries());
        left.remove(entry);
        exchange(() -> {
            visit(then, refcounts::drop);
            dropRange(entry.l1Offset(), 8L * entry.l1Entries());
            Table top = adopt(mapping);
            if (top.changed) {
                dropRange(mapping.top().offset, 8L * mapping.topEntries());
                top = place(top);
            }
            return new Roots(capacityBytes, top, mapping.topEntries(), replaced(left));
        });
    }

    Mapping tree(SnapshotTable.Entry entry) throws StorageException {
        return new Mapping(image, header, refcounts, entry.l1Offset(), entry.l1Entries());
    }

    /** What the header leads to, with the refcount table. */
    private record Roots(long capacityBytes, Table l1, int l1Entries, SnapshotTable snapshots) {}

    /** Writes what is new, and says where it is. */
    @FunctionalInterface
    private interface Change {
        Roots make() throws StorageException;
    }

    private void exchange(Change change) throws StorageException {
        refcounts.begin();
        Roots next;
        try {
            next = change.make();
            refcounts.stage();
            image.flush();
            image.turn(Header.CAPACITY_AT, header(next));
        } catch (StorageException | RuntimeException e) {
            refcounts.rollBack();
            throw e;
        }
        refcounts.commit();
        mapping.replaceTop(next.l1, next.l1Entries);
        table = next.snapshots;
    }

    /** They stand side by side in the header, within its first sector. */
    private byte[] header(Roots next) {
        Table counts = refcounts.table();
        return ByteBuffer.allocate(Header.INCOMPATIBLE_AT - Header.CAPACITY_AT)
                .putLong(next.capacityBytes)
                .putInt(header.cryptMethod())
                .putInt(next.l1Entries)
                .putLong(next.l1.offset)
                .putLong(counts.offset)
                .putInt(header.clusters(counts.bytes.capacity()))
                .putInt(next.snapshots.entries().size())
                .putLong(next.snapshots.offset())
                .array();
    }

    /** The L1 table of a tree as the disk's own; L2 tables whose marks have to be others are written anew. */
    private Table adopt(Mapping tree) throws StorageException {
        Table top = tree.top().copy();
        for (int index = 0; index < tree.topEntries(); index++) {
            long entry = top.entry(index);
            long l2 = entry & Mapping.OFFSET;
            if (l2 == 0) {
                continue;
            }
            // Who shares a table has nothing alone that it leads to.
            boolean shared = refcounts.count(l2) > 1;
            ByteBuffer marked = tree.marked(index, each -> !shared && isUsedOnce(each));
            if (marked != null) {
                refcounts.drop(l2);
                l2 = refcounts.allocate();
                image.write(l2, marked.array());
            }
            long next = l2 | (refcounts.count(l2) == 1 ? Mapping.COPIED : 0);
            if (next != entry) {
                top.entry(index, next);
            }
        }
        return top;
    }

    private boolean isUsedOnce(long entry) throws StorageException {
        long place = (entry & Mapping.COMPRESSED) != 0 ? -1 : mapping.place(entry);
        return place >= 0 && refcounts.count(place) == 1;
    }

    /** Writes an L1 table somewhere else. */
    private Table place(Table top) throws StorageException {
        if (top.bytes.capacity() == 0) {
            return top;
        }
        Table placed = new Table(refcounts.allocate(header.clusters(top.bytes.capacity())), top.bytes);
        image.write(placed.offset, placed.bytes.array());
        return placed;
    }

    private SnapshotTable replaced(List<SnapshotTable.Entry> entries) throws StorageException {
        byte[] bytes = SnapshotTable.bytes(entries);
        dropRange(table.offset(), table.bytes());
        if (bytes.length == 0) {
            return new SnapshotTable(0, 0, List.of());
        }
        long place = refcounts.allocate(header.clusters(bytes.length));
        image.write(place, bytes);
        return new SnapshotTable(place, bytes.length, List.copyOf(entries));
    }

    private void dropRange(long offset, long bytes) throws StorageException {
        for (int i = 0; i < header.clusters(bytes); i++) {
            refcounts.drop(offset + (long) i * header.clusterBytes());
        }
    }

    /** What is done to each cluster that a tree leads to. */
    @FunctionalInterface
    private interface Visit {
        void at(long offset) throws StorageException;
    }

    private void visit(Mapping tree, Visit visit) throws StorageException {
        for (int index = 0; index < tree.topEntries(); index++) {
            long l2 = tree.top().entry(index) & Mapping.OFFSET;
            if (l2 == 0) {
                continue;
            }
            visit.at(l2);
            for (long entry : tree.entries(index)) {
                if ((entry & Mapping.COMPRESSED) != 0) {
                    long last = compressed.lastCluster(entry);
                    for (long each = compressed.firstCluster(entry); each <= last; each += header.clusterBytes()) {
                        visit.at(each);
                    }
                } else {
                    long place = tree.place(entry);
                    if (place >= 0) {
                        visit.at(place);
                    }
                }
            }
        }
    }
}
