package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageLayer;
import dev.backplane.api.storage.image.BackingImage;
import dev.backplane.api.storage.image.CompressingStorage;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.api.storage.image.EmptiableStorage;
import dev.backplane.api.storage.image.ImageDescription;
import dev.backplane.api.storage.image.ImageSnapshot;
import dev.backplane.api.storage.image.RebasableStorage;
import dev.backplane.api.storage.image.SnapshotStorage;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An open image. A request is cut at cluster boundaries; data moves without the monitor, tables are looked up and changed under it.
 *
 * <p><b>Order of writes.</b> A new cluster's bytes go to the file at once, the tables that lead there stay in memory until a flush: then
 * data and refcounts are made stable, then L2 tables, then the L1 table, and last what is not used any more is given up. So whatever is
 * lost at any moment, nothing in the image leads to a cluster that another one has.
 */
final class QcowLayer
        implements StorageLayer<QcowState>,
                ResizableStorage,
                MappedStorage,
                DescribedStorage,
                SnapshotStorage,
                CompressingStorage,
                RebasableStorage,
                EmptiableStorage {
    private final Image image;
    private final Header header;
    private final Refcounts refcounts;
    private final Mapping mapping;
    private final Compressed compressed;
    private final DataFile data;
    private final Reading reading;
    private final Writing writing;
    private final Upkeep upkeep;
    private final Snapshots snapshots;
    private final @Nullable Storage backing;
    private final int clusterBytes;

    private volatile long capacityBytes;

    /** The data are closed with it. */
    QcowLayer(Image image, Header header, @Nullable Storage backing, DataFile data) throws StorageException {
        this.image = image;
        this.header = header;
        this.backing = backing;
        clusterBytes = header.clusterBytes();
        capacityBytes = header.capacityBytes();
        refcounts = new Refcounts(image, header);
        mapping = new Mapping(image, header, refcounts);
        compressed = new Compressed(image, header);
        this.data = data;
        reading = new Reading(this, header, compressed, data, backing);
        upkeep = new Upkeep(image, header, refcounts, mapping, data);
        snapshots = new Snapshots(image, header, refcounts, mapping, compressed);
        writing = new Writing(
                this, this::capacityBytes, image, header, refcounts, mapping, compressed, data, reading, upkeep);
    }

    @Override
    public long capacityBytes() {
        return capacityBytes;
    }

    @Override
    public boolean isWritable() {
        return image.isWritable();
    }

    // Reading

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        StorageException.checkRange(offset, target.byteSize(), capacityBytes);
        reading.read(mapping, offset, target);
    }

    @Override
    public Extent extent(long offset, long bytes) throws StorageException {
        StorageException.checkRange(offset, bytes, capacityBytes);
        return reading.extent(mapping, offset, bytes);
    }

    // Writing

    private void checkWritable() throws StorageException {
        if (!image.isWritable()) {
            throw new StorageException(Kind.READ_ONLY, "the image is opened for reading only");
        }
    }

    @Override
    public void write(long offset, MemorySegment source) throws StorageException {
        checkWritable();
        StorageException.checkRange(offset, source.byteSize(), capacityBytes);
        writing.write(offset, source);
    }

    /** Gives clusters places that read as zeros, for a new image. */
    void allocate(long offset, long bytes) throws StorageException {
        writing.allocate(offset, bytes);
    }

    // Compressed

    @Override
    public int compressedUnitBytes() {
        return clusterBytes;
    }

    @Override
    public boolean compressesInAnyOrder() {
        return true;
    }

    @Override
    public void writeCompressed(long offset, MemorySegment source) throws StorageException {
        checkWritable();
        StorageException.checkRange(offset, source.byteSize(), capacityBytes);
        if (data.isOwn() || data.isEncrypted()) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "an image %s cannot compress"
                            .formatted(data.isOwn() ? "with a data file of its own" : "that is encrypted"));
        }
        if (offset % clusterBytes != 0) {
            throw new StorageException(Kind.UNSUPPORTED, "offset %d: expected whole clusters".formatted(offset));
        }
        writing.writeCompressed(offset, source);
    }

    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        checkWritable();
        StorageException.checkRange(offset, bytes, capacityBytes);
        writing.zero(offset, bytes, mayDiscard);
    }

    @Override
    public void discard(long offset, long bytes) throws StorageException {
        checkWritable();
        StorageException.checkRange(offset, bytes, capacityBytes);
        writing.discard(offset, bytes);
    }

    // What is in memory goes to the image

    @Override
    public void flush() throws StorageException {
        if (image.isWritable()) {
            data.flush();
            writeTables();
            image.flush();
        }
    }

    private synchronized void writeTables() throws StorageException {
        upkeep.writeTables();
    }

    // The image as a whole, while no request is in flight

    @Override
    public synchronized void resize(long bytes) throws StorageException {
        checkWritable();
        upkeep.checkLength(bytes, !snapshots.table().entries().isEmpty());
        upkeep.clearAutoclear();
        long before = capacityBytes;
        long shows = backing == null ? 0 : Math.min(bytes, backing.capacityBytes());
        if (bytes > before) {
            upkeep.cover(bytes, before);
            writing.dropBehind(before, bytes);
            writing.hideBacking(before, data.isOwn() ? 0 : shows);
        }
        upkeep.resize(before, bytes);
        capacityBytes = bytes;
        // What a power cut leaves of this is dropped when the disk becomes longer again.
        writing.dropBehind(bytes, before);
        if (data.isOwn() && shows > before) {
            zero(before, shows - before, true);
        }
        flush();
    }

    @Override
    public ImageDescription describe() throws StorageException {
        return Describing.of(image, header);
    }

    @Override
    public synchronized List<ImageSnapshot> snapshots() throws StorageException {
        return snapshots.table().list(capacityBytes);
    }

    /** What is in memory goes to the image before its snapshots change. */
    private void prepareSnapshots() throws StorageException {
        checkWritable();
        if (data.isOwn()) {
            throw new StorageException(Kind.UNSUPPORTED, "an image with a data file of its own has no snapshots");
        }
        upkeep.clearAutoclear();
        writeTables();
    }

    @Override
    public synchronized ImageSnapshot createSnapshot(String name) throws StorageException {
        prepareSnapshots();
        ImageSnapshot made = snapshots.create(name, capacityBytes);
        flush();
        return made;
    }

    @Override
    public synchronized void applySnapshot(String idOrName) throws StorageException {
        prepareSnapshots();
        SnapshotTable.Entry entry = snapshots.table().find(idOrName);
        if (entry.capacityBytes(capacityBytes) != capacityBytes) {
            upkeep.dropBitmaps();
        }
        capacityBytes = snapshots.apply(entry, capacityBytes);
        flush();
    }

    @Override
    public synchronized void deleteSnapshot(String idOrName) throws StorageException {
        prepareSnapshots();
        snapshots.delete(snapshots.table().find(idOrName), capacityBytes);
        flush();
    }

    @Override
    public synchronized Storage openSnapshot(String idOrName) throws StorageException {
        SnapshotTable.Entry entry = snapshots.table().find(idOrName);
        return new SnapshotView(reading, snapshots.tree(entry), entry.capacityBytes(capacityBytes));
    }

    @Override
    public synchronized void rebase(Optional<BackingImage> backing) throws StorageException {
        checkWritable();
        upkeep.rebase(backing);
    }

    @Override
    public synchronized void empty() throws StorageException {
        checkWritable();
        upkeep.clearAutoclear();
        writing.drop(0, capacityBytes);
        flush();
    }

    // Life

    /** Requests are the kernel's to wait for. The layer below may rest before this one is saved: what is to be written is written now. */
    @Override
    public void quiesce(Deadline deadline) {
        try {
            if (image.isWritable()) {
                writeTables();
            }
        } catch (StorageException e) {
            // Saving it tells, if somebody wants its state.
            System.getLogger(QcowLayer.class.getName())
                    .log(System.Logger.Level.DEBUG, "the tables of the image are not written: {0}", e.getMessage());
        }
    }

    /** What has not been written is written, as a successor reads the image anew. */
    @Override
    public QcowState save() {
        try {
            if (image.isWritable()) {
                writeTables();
            }
        } catch (StorageException e) {
            throw new IllegalStateException("the tables of the image cannot be written: " + e.getMessage());
        }
        return new QcowState();
    }

    @Override
    public void resume(Resumption why) {
        // Nothing to start.
    }

    @Override
    public void close() {
        compressed.close();
        data.close();
    }
}
