package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.image.BackingImage;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is done to an image as a whole: tables are written, it gets another length or another backing disk. The layer's monitor guards it,
 * and nothing is in flight. New tables are stable before the header leads to them with one write within a sector; what is not used any more
 * is given up behind that.
 */
final class Upkeep {
    private final Image image;
    private final Header header;
    private final Refcounts refcounts;
    private final Mapping mapping;
    private final DataFile data;
    private boolean autoclearDone;

    Upkeep(Image image, Header header, Refcounts refcounts, Mapping mapping, DataFile data) {
        this.image = image;
        this.header = header;
        this.refcounts = refcounts;
        this.mapping = mapping;
        this.data = data;
    }

    void writeTables() throws StorageException {
        if (mapping.isChanged() || refcounts.isChanged()) {
            refcounts.write();
            data.flush();
            image.flush();
            mapping.writeTables();
            if (mapping.hasNewTables()) {
                image.flush();
                mapping.writeTop();
            }
        }
        if (refcounts.hasGivenUp()) {
            image.flush();
            refcounts.settle();
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

    // Length

    /** Refuses a length that the image cannot have, before anything is changed. */
    void checkLength(long to, boolean hasSnapshots) throws StorageException {
        if (header.version() < 3 && hasSnapshots) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "an image of version 2 with snapshots cannot be resized: delete them first");
        }
        if (header.l1EntriesFor(to) > Header.MOST_L1_BYTES / 8) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "%d bytes are too many for clusters of %d".formatted(to, header.clusterBytes()));
        }
    }

    /** Bitmaps have the length of the disk that was: nobody is to trust them any more. */
    void dropBitmaps() throws StorageException {
        if ((header.autoclear() & Header.BITMAPS) != 0) {
            autoclear(header.autoclear() & Header.DATA_FILE_RAW);
        }
    }

    /** Has the L1 table cover a length, while the disk keeps its own. */
    void cover(long bytes, long capacityBytes) throws StorageException {
        long wanted = header.l1EntriesFor(bytes);
        if (wanted > mapping.topEntries()) {
            writeTables();
            image.flush();
            lengthen((int) wanted, capacityBytes);
        }
    }

    /** The L1 table covers the length. */
    void resize(long from, long to) throws StorageException {
        dropBitmaps();
        writeTables();
        if (to > from) {
            // Whatever is behind the disk's end is nobody's, and must not come back.
            data.resize(from);
            data.resize(to);
        }
        data.flush();
        image.flush();
        leadTo(to, mapping.top().offset, mapping.topEntries());
        if (to < from) {
            data.resize(to);
        }
    }

    private void lengthen(int entries, long capacityBytes) throws StorageException {
        Table old = mapping.top();
        int oldEntries = mapping.topEntries();
        Table longer = new Table(refcounts.allocate(header.clusters(8L * entries)), ByteBuffer.allocate(8 * entries));
        longer.bytes.put(0, old.bytes, 0, 8 * oldEntries);
        image.write(longer.offset, longer.bytes.array());
        refcounts.write();
        image.flush();
        leadTo(capacityBytes, longer.offset, entries);
        mapping.extendTop(longer, entries);
        for (int i = 0; i < header.clusters(8L * oldEntries); i++) {
            refcounts.release(old.offset + (long) i * header.clusterBytes());
        }
        writeTables();
    }

    /** Another length and L1 table at once: they stand side by side in the header. */
    private void leadTo(long capacityBytes, long l1Offset, int l1Entries) throws StorageException {
        ByteBuffer at = ByteBuffer.allocate(24);
        at.putLong(capacityBytes).putInt(header.cryptMethod()).putInt(l1Entries).putLong(l1Offset);
        image.turn(Header.CAPACITY_AT, at.array());
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
