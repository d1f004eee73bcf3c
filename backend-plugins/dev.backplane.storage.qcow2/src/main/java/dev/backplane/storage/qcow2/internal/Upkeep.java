package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.ImageSnapshot;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is done to an image as a whole: tables are written, it gets another length, snapshots come and go. The layer's monitor guards it,
 * and nothing is in flight. New tables are stable before the header leads to them with one write within a sector; what is not used any more
 * is given up behind that.
 */
final class Upkeep {
    private final Image image;
    private final Header header;
    private final Refcounts refcounts;
    private final Mapping mapping;
    private final Compressed compressed;
    private final DataFile data;
    private SnapshotTable snapshots;
    private boolean autoclearDone;

    Upkeep(Image image, Header header, Refcounts refcounts, Mapping mapping, Compressed compressed, DataFile data)
            throws StorageException {
        this.image = image;
        this.header = header;
        this.refcounts = refcounts;
        this.mapping = mapping;
        this.compressed = compressed;
        this.data = data;
        snapshots = SnapshotTable.read(image, header);
    }

    SnapshotTable snapshots() {
        return snapshots;
    }

    void writeTables() throws StorageException {
        if (mapping.isChanged() || refcounts.isChanged()) {
            refcounts.write();
            image.flush();
            mapping.writeTables();
            if (mapping.hasNewTables()) {
                image.flush();
                mapping.writeTop();
            }
        }
        if (refcounts.settle()) {
            image.flush();
            refcounts.write();
        }
    }

    /**
     * Features that we do not keep up to date must not be trusted by others any more. A data file stays as it is; bitmaps that nobody
     * records in are kept, the others are marked as not up to date.
     */
    void clearAutoclear() throws StorageException {
        if (autoclearDone) {
            return;
        }
        autoclearDone = true;
        long kept = header.autoclear() & (Header.DATA_FILE_RAW | Header.BITMAPS);
        if ((kept & Header.BITMAPS) != 0) {
            Bitmaps.markInUse(image, header);
        }
        if (kept != header.autoclear()) {
            autoclear(kept);
        }
    }

    private void autoclear(long bits) throws StorageException {
        image.write(Header.AUTOCLEAR_AT, ByteBuffer.allocate(8).putLong(bits).array());
        image.flush();
    }

    private int clusters(long bytes) {
        return Math.max(1, (int) (bytes + header.clusterBytes() - 1 >>> header.clusterBits()));
    }

    private void releaseRange(long offset, long bytes) throws StorageException {
        for (int i = 0; i < clusters(bytes); i++) {
            refcounts.release(offset + (long) i * header.clusterBytes());
        }
    }

    // Length

    void resize(long to) throws StorageException {
        if (header.version() < 3 && !snapshots.entries().isEmpty()) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "an image of version 2 with snapshots cannot be resized: delete them first");
        }
        long wanted = header.l1EntriesFor(to);
        if (wanted > Header.MOST_L1_BYTES / 8) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "%d bytes are too many for clusters of %d".formatted(to, header.clusterBytes()));
        }
        if ((header.autoclear() & Header.BITMAPS) != 0) {
            // They have the length of the disk that was.
            autoclear(header.autoclear() & Header.DATA_FILE_RAW);
        }
        writeTables();
        image.flush();
        if (wanted > mapping.topEntries()) {
            lengthen((int) wanted, to);
        } else {
            leadTo(to, mapping.top().offset, mapping.topEntries());
        }
        data.resize(to);
    }

    private void lengthen(int entries, long capacityBytes) throws StorageException {
        Table old = mapping.top();
        int oldEntries = mapping.topEntries();
        Table longer = new Table(refcounts.allocate(clusters(8L * entries)), ByteBuffer.allocate(8 * entries));
        longer.bytes.put(0, old.bytes, 0, 8 * oldEntries);
        image.write(longer.offset, longer.bytes.array());
        refcounts.write();
        image.flush();
        leadTo(capacityBytes, longer.offset, entries);
        mapping.extendTop(longer, entries);
        if (oldEntries > 0) {
            releaseRange(old.offset, 8L * oldEntries);
        }
        writeTables();
    }

    /** Another length and L1 table at once: they stand side by side in the header. */
    private void leadTo(long capacityBytes, long l1Offset, int l1Entries) throws StorageException {
        ByteBuffer at = ByteBuffer.allocate(24);
        at.putLong(capacityBytes).putInt(header.cryptMethod()).putInt(l1Entries).putLong(l1Offset);
        image.write(Header.CAPACITY_AT, at.array());
        image.flush();
    }

    // Snapshots

    private void refuseDataFile() throws StorageException {
        if (data.isOwn()) {
            throw new StorageException(Kind.UNSUPPORTED, "an image with a data file of its own has no snapshots");
        }
    }

    ImageSnapshot createSnapshot(String name, long capacityBytes) throws StorageException {
        refuseDataFile();
        if (snapshots.entries().size() >= SnapshotTable.MOST) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "an image has at most %d snapshots".formatted(SnapshotTable.MOST));
        }
        SnapshotTable.Entry nameCheck = new SnapshotTable.Entry(0, 0, "", name, Instant.EPOCH, 0, 0, 0, 0);
        SnapshotTable.bytes(List.of(nameCheck));
        writeTables();
        checkRoom(mapping);
        int entries = mapping.topEntries();
        long copy = refcounts.allocate(clusters(8L * entries));
        retain(mapping);
        image.write(copy, withoutMarks(mapping.top().bytes).array());
        mapping.markCopied(this::isOne);
        writeTables();
        SnapshotTable.Entry made = new SnapshotTable.Entry(
                copy,
                entries,
                snapshots.nextId(),
                name,
                Instant.ofEpochMilli(System.currentTimeMillis()),
                0,
                0,
                capacityBytes,
                -1);
        List<SnapshotTable.Entry> all = new ArrayList<>(snapshots.entries());
        all.add(made);
        replaceTable(all);
        writeTables();
        image.flush();
        return made.told(capacityBytes);
    }

    /** The capacity that the disk has now. */
    long applySnapshot(String idOrName, long now) throws StorageException {
        refuseDataFile();
        SnapshotTable.Entry entry = snapshots.find(idOrName);
        long capacityBytes = entry.capacityBytes(now);
        if (header.l1EntriesFor(capacityBytes) > entry.l1Entries()) {
            throw Image.corrupt(
                    "a snapshot's L1 table of %d entries for %d bytes".formatted(entry.l1Entries(), capacityBytes));
        }
        writeTables();
        Mapping then = new Mapping(image, header, refcounts, entry.l1Offset(), entry.l1Entries());
        checkRoom(then);
        retain(then);
        long place = refcounts.allocate(clusters(8L * entry.l1Entries()));
        Table next = new Table(place, withoutMarks(then.top().bytes));
        image.write(place, next.bytes.array());
        refcounts.write();
        image.flush();
        leadTo(capacityBytes, place, entry.l1Entries());
        release(mapping);
        if (mapping.topEntries() > 0) {
            releaseRange(mapping.top().offset, 8L * mapping.topEntries());
        }
        mapping.replaceTop(next, entry.l1Entries());
        writeTables();
        mapping.markCopied(this::isOne);
        writeTables();
        image.flush();
        return capacityBytes;
    }

    void deleteSnapshot(String idOrName) throws StorageException {
        refuseDataFile();
        SnapshotTable.Entry entry = snapshots.find(idOrName);
        writeTables();
        Mapping then = new Mapping(image, header, refcounts, entry.l1Offset(), entry.l1Entries());
        List<SnapshotTable.Entry> left = new ArrayList<>(snapshots.entries());
        left.remove(entry);
        replaceTable(left);
        release(then);
        if (entry.l1Entries() > 0) {
            releaseRange(entry.l1Offset(), 8L * entry.l1Entries());
        }
        writeTables();
        mapping.markCopied(this::isOne);
        writeTables();
        image.flush();
    }

    private void replaceTable(List<SnapshotTable.Entry> entries) throws StorageException {
        byte[] bytes = SnapshotTable.bytes(entries);
        long place = 0;
        if (bytes.length > 0) {
            place = refcounts.allocate(clusters(bytes.length));
            image.write(place, bytes);
        }
        refcounts.write();
        image.flush();
        ByteBuffer at = ByteBuffer.allocate(12);
        at.putInt(entries.size()).putLong(place);
        image.write(Header.SNAPSHOTS_AT, at.array());
        image.flush();
        SnapshotTable old = snapshots;
        snapshots = new SnapshotTable(place, bytes.length, List.copyOf(entries));
        if (old.bytes() > 0) {
            releaseRange(old.offset(), old.bytes());
        }
    }

    private static ByteBuffer withoutMarks(ByteBuffer l1) {
        ByteBuffer copy = ByteBuffer.allocate(l1.capacity());
        for (int i = 0; i < l1.capacity() / 8; i++) {
            copy.putLong(8 * i, l1.getLong(8 * i) & ~Mapping.COPIED);
        }
        return copy;
    }

    private boolean isOne(long entry) throws StorageException {
        if (data.isOwn()) {
            return mapping.place(entry) >= 0;
        }
        if ((entry & Mapping.COMPRESSED) != 0) {
            return false;
        }
        long place = mapping.place(entry);
        return place >= 0 && refcounts.count(place) == 1;
    }

    /** What is done to each cluster that a tree leads to. */
    @FunctionalInterface
    private interface Visit {
        void at(long offset) throws StorageException;
    }

    private void visit(Mapping tree, Visit visit) throws StorageException {
        for (int index = 0; index < tree.topEntries(); index++) {
            long table = tree.top().entry(index) & Mapping.OFFSET;
            if (table == 0) {
                continue;
            }
            visit.at(table);
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

    /** Narrow refcounts may have no room for more uses; that is found out before anything is changed. */
    private void checkRoom(Mapping tree) throws StorageException {
        // Only what is compressed shares a cluster with others; then it is with its neighbours.
        Map<Long, Integer> again = new HashMap<>();
        visit(tree, offset -> {
            int more = header.refcountOrder() < 4 ? again.merge(offset, 1, Integer::sum) : 1;
            if (!refcounts.hasRoom(offset, more)) {
                throw new StorageException(
                        Kind.UNSUPPORTED,
                        "the image's refcounts of %d bits are too narrow for another snapshot"
                                .formatted(1 << header.refcountOrder()));
            }
        });
    }

    private void retain(Mapping tree) throws StorageException {
        visit(tree, refcounts::retain);
    }

    private void release(Mapping tree) throws StorageException {
        visit(tree, refcounts::release);
    }

    // The header

    void rebase(Optional<BackingImage> backing) throws StorageException {
        writeTables();
        image.flush();
        Header now = Header.read(image);
        List<Extension> extensions = new ArrayList<>(now.extensions());
        extensions.removeIf(each -> each.type() == Extension.BACKING_FORMAT);
        backing.ifPresent(each -> extensions.add(Extension.of(Extension.BACKING_FORMAT, each.format())));
        byte[] fixed = image.read(0, now.bytes()).array();
        image.write(0, HeaderText.cluster(fixed, extensions, backing.map(BackingImage::name), header.clusterBytes()));
        image.flush();
    }
}
