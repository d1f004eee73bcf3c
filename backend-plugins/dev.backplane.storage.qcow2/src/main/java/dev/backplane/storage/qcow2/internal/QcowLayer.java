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
import dev.backplane.image.BusyRanges;
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
    /** So many changed tables are written without being asked. */
    private static final int MOST_CHANGED = 256;

    /** Clusters that one request allocates and writes in one piece. */
    private static final int RUN_BYTES = 4 << 20;

    private final Image image;
    private final Header header;
    private final Refcounts refcounts;
    private final Mapping mapping;
    private final Compressed compressed;
    private final DataFile data;
    private final Reading reading;
    private final Upkeep upkeep;
    private final @Nullable Storage backing;
    private final int clusterBytes;
    /** Clusters of the disk whose entry is about to change: others wait. */
    private final BusyRanges busy = new BusyRanges(this);

    private volatile long capacityBytes;
    private boolean autoclearDone;

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
        upkeep = new Upkeep(image, header, refcounts, mapping, compressed, data);
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
        for (long done = 0; done < source.byteSize(); ) {
            long at = offset + done;
            int from = (int) (at & clusterBytes - 1);
            long left = source.byteSize() - done;
            long cluster = at >>> header.clusterBits();
            if (from == 0 && left >= 2L * clusterBytes && !data.isOwn()) {
                long most = Math.min(left, RUN_BYTES) & -clusterBytes;
                done += writeClusters(cluster, source.asSlice(done, most));
            } else {
                long length = Math.min(clusterBytes - from, left);
                write(cluster, from, source.asSlice(done, length));
                done += length;
            }
        }
    }

    /** Whole clusters: as many as there are in one piece of the same state. Returns how many bytes were written. */
    private long writeClusters(long first, MemorySegment source) throws StorageException {
        int most = (int) (source.byteSize() >>> header.clusterBits());
        int count = 0;
        long place;
        boolean fresh;
        synchronized (this) {
            clearAutoclear();
            busy.await(first, first + 1);
            place = ownPlace(first);
            fresh = place < 0;
            int wanted = 1;
            while (wanted < most
                    && busy.isFree(first + wanted, first + wanted + 1)
                    && follows(first + wanted, place, wanted)) {
                wanted++;
            }
            if (fresh) {
                place = refcounts.allocate();
                count = refcounts.extend(place, wanted);
                busy.add(first, first + count);
            } else {
                count = wanted;
            }
        }
        MemorySegment bytes = source.asSlice(0, (long) count << header.clusterBits());
        if (!fresh) {
            data.write(place, bytes);
            return bytes.byteSize();
        }
        try {
            data.write(place, bytes);
            for (int i = 0; i < count; i++) {
                exchange(first + i, place + ((long) i << header.clusterBits()) | Mapping.COPIED, Mapping.ALL_ALLOCATED);
            }
        } finally {
            busy.remove(first, first + count);
        }
        return bytes.byteSize();
    }

    private boolean follows(long cluster, long place, int count) throws StorageException {
        long own = ownPlace(cluster);
        return place < 0 ? own < 0 : own == place + ((long) count << header.clusterBits());
    }

    /** Where a cluster can be written in place; -1 where it has to get a place first. */
    private long ownPlace(long cluster) throws StorageException {
        long entry = mapping.entry(cluster);
        boolean own = (entry & (Mapping.COPIED | Mapping.COMPRESSED)) == Mapping.COPIED && isWhole(cluster, entry);
        long place = own ? mapping.place(entry) : -1;
        if (!data.isOwn() && place >= image.bytes()) {
            throw Image.corrupt("a cluster at 0x%x, behind the end".formatted(place));
        }
        return place;
    }

    private boolean isWhole(long cluster, long entry) throws StorageException {
        return header.extended()
                ? mapping.bits(cluster) == Mapping.ALL_ALLOCATED
                : header.version() < 3 || (entry & Mapping.ZERO) == 0;
    }

    private void write(long cluster, int from, MemorySegment source) throws StorageException {
        long place;
        synchronized (this) {
            clearAutoclear();
            busy.await(cluster, cluster + 1);
            place = ownPlace(cluster);
            if (place < 0) {
                busy.add(cluster, cluster + 1);
            }
        }
        if (place >= 0) {
            data.write(place + from, source);
            return;
        }
        try {
            replace(cluster, from, source);
        } finally {
            busy.remove(cluster, cluster + 1);
        }
    }

    private void claim(long cluster) {
        busy.await(cluster, cluster + 1);
        busy.add(cluster, cluster + 1);
    }

    /** A cluster of its own, with what was there before around what is written. */
    private void replace(long cluster, int from, MemorySegment source) throws StorageException {
        MemorySegment whole = source;
        if (source.byteSize() < clusterBytes) {
            whole = MemorySegment.ofArray(new byte[clusterBytes]);
            long begin = cluster << header.clusterBits();
            long there = Math.min(clusterBytes, capacityBytes - begin);
            reading.read(mapping, begin, whole.asSlice(0, there));
            MemorySegment.copy(source, 0, whole, from, source.byteSize());
        }
        long place = place(cluster);
        data.write(place, data.isOwn() ? whole.asSlice(0, Math.min(clusterBytes, capacityBytes - place)) : whole);
        exchange(cluster, place | Mapping.COPIED, Mapping.ALL_ALLOCATED);
    }

    /** In a file of their own, bytes stand where they do in the disk. */
    private synchronized long place(long cluster) throws StorageException {
        return data.isOwn() ? cluster << header.clusterBits() : refcounts.allocate();
    }

    private synchronized void exchange(long cluster, long next, long bits) throws StorageException {
        long old = mapping.entry(cluster);
        if (old == next && (!header.extended() || mapping.bits(cluster) == bits)) {
            return;
        }
        mapping.entry(cluster, next, bits);
        release(old, next);
        if (mapping.changedTables() > MOST_CHANGED) {
            writeTables();
        }
    }

    private void release(long old, long next) throws StorageException {
        if ((old & Mapping.COMPRESSED) != 0) {
            long last = compressed.lastCluster(old);
            for (long each = compressed.firstCluster(old); each <= last; each += clusterBytes) {
                refcounts.release(each);
            }
        } else if (!data.isOwn()) {
            long place = mapping.place(old);
            if (place >= 0 && ((next & Mapping.COMPRESSED) != 0 || place != mapping.place(next))) {
                refcounts.release(place);
            }
        }
    }

    /** Features that we do not keep up to date must not be trusted by others any more. */
    private void clearAutoclear() throws StorageException {
        if (!autoclearDone) {
            autoclearDone = true;
            upkeep.clearAutoclear();
        }
    }

    /** Gives clusters places that read as zeros, for a new image. */
    void allocate(long offset, long bytes) throws StorageException {
        for (long at = offset; at < offset + bytes; at += clusterBytes) {
            long cluster = at >>> header.clusterBits();
            long place = place(cluster);
            if (!data.isOwn()) {
                image.reserve(place + clusterBytes);
            }
            exchange(cluster, place | Mapping.COPIED, Mapping.ALL_ALLOCATED);
        }
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
        for (long done = 0; done < source.byteSize(); done += clusterBytes) {
            long length = Math.min(clusterBytes, source.byteSize() - done);
            long cluster = offset + done >>> header.clusterBits();
            MemorySegment bytes = source.asSlice(done, length);
            byte[] packed = compressed.pack(bytes);
            if (packed.length == 0) {
                write(cluster, 0, bytes);
            } else {
                writePacked(cluster, packed);
            }
        }
    }

    private void writePacked(long cluster, byte[] packed) throws StorageException {
        long place;
        synchronized (this) {
            clearAutoclear();
            claim(cluster);
            place = refcounts.allocateBytes(packed.length);
        }
        try {
            image.write(place, packed);
            exchange(cluster, compressed.entry(place, packed.length), 0);
        } finally {
            busy.remove(cluster, cluster + 1);
        }
    }

    // Zeros

    /** Clusters that read as zeros need nothing of their own (version 3); a backing disk must not show through. */
    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        checkWritable();
        StorageException.checkRange(offset, bytes, capacityBytes);
        for (long done = 0; done < bytes; ) {
            long at = offset + done;
            int from = (int) (at & clusterBytes - 1);
            long length = Math.min(clusterBytes - from, bytes - done);
            long cluster = at >>> header.clusterBits();
            boolean toTheEnd = at + length == capacityBytes;
            if (from == 0 && (length == clusterBytes || toTheEnd) && header.version() >= 3) {
                zero(cluster, mayDiscard);
            } else {
                write(cluster, from, MemorySegment.ofArray(new byte[(int) length]));
            }
            done += length;
        }
    }

    private void zero(long cluster, boolean mayDiscard) throws StorageException {
        synchronized (this) {
            clearAutoclear();
            claim(cluster);
        }
        try {
            if (data.isOwn()) {
                long place = cluster << header.clusterBits();
                data.zero(place, Math.min(clusterBytes, capacityBytes - place), mayDiscard);
                exchange(cluster, place | Mapping.COPIED, Mapping.ALL_ALLOCATED);
            } else {
                exchange(cluster, header.extended() ? 0 : Mapping.ZERO, Mapping.ALL_ZERO);
            }
        } finally {
            busy.remove(cluster, cluster + 1);
        }
    }

    /** Whole clusters become zeros; parts of them stay. */
    @Override
    public void discard(long offset, long bytes) throws StorageException {
        checkWritable();
        StorageException.checkRange(offset, bytes, capacityBytes);
        long first = offset + clusterBytes - 1 >>> header.clusterBits();
        long end = offset + bytes >>> header.clusterBits();
        for (long cluster = first; cluster < end && header.version() >= 3; cluster++) {
            zero(cluster, true);
        }
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
        clearAutoclear();
        if (bytes < capacityBytes) {
            dropBehind(bytes);
        }
        long before = capacityBytes;
        upkeep.resize(bytes);
        capacityBytes = bytes;
        Storage below = backing;
        if (below != null && below.capacityBytes() > before && bytes > before) {
            // What is new reads as zeros; the backing disk must not show through.
            zero(before, Math.min(bytes, below.capacityBytes()) - before, true);
        }
        flush();
    }

    /** What grows again later must not show what was there, nor the backing disk. */
    private void dropBehind(long bytes) throws StorageException {
        dropFrom(bytes + clusterBytes - 1 >>> header.clusterBits());
        int from = (int) (bytes & clusterBytes - 1);
        if (from != 0) {
            long left = Math.min(capacityBytes, (bytes | clusterBytes - 1) + 1) - bytes;
            write(bytes >>> header.clusterBits(), from, MemorySegment.ofArray(new byte[(int) left]));
        }
    }

    private void dropFrom(long first) throws StorageException {
        long end = capacityBytes + clusterBytes - 1 >>> header.clusterBits();
        for (long cluster = first; cluster < end; cluster++) {
            if (!mapping.hasTable(cluster)) {
                cluster = mapping.nextTable(cluster) - 1;
            } else if (mapping.entry(cluster) != 0 || header.extended() && mapping.bits(cluster) != 0) {
                exchange(cluster, 0, 0);
            }
        }
    }

    @Override
    public ImageDescription describe() throws StorageException {
        return Describing.of(image, header);
    }

    @Override
    public synchronized List<ImageSnapshot> snapshots() throws StorageException {
        return upkeep.snapshots().list(capacityBytes);
    }

    @Override
    public synchronized ImageSnapshot createSnapshot(String name) throws StorageException {
        checkWritable();
        clearAutoclear();
        return upkeep.createSnapshot(name, capacityBytes);
    }

    @Override
    public synchronized void applySnapshot(String idOrName) throws StorageException {
        checkWritable();
        clearAutoclear();
        capacityBytes = upkeep.applySnapshot(idOrName, capacityBytes);
    }

    @Override
    public synchronized void deleteSnapshot(String idOrName) throws StorageException {
        checkWritable();
        clearAutoclear();
        upkeep.deleteSnapshot(idOrName);
    }

    @Override
    public synchronized Storage openSnapshot(String idOrName) throws StorageException {
        SnapshotTable.Entry entry = upkeep.snapshots().find(idOrName);
        return new SnapshotView(
                reading,
                new Mapping(image, header, refcounts, entry.l1Offset(), entry.l1Entries()),
                entry.capacityBytes(capacityBytes));
    }

    @Override
    public synchronized void rebase(Optional<BackingImage> backing) throws StorageException {
        checkWritable();
        upkeep.rebase(backing);
    }

    @Override
    public synchronized void empty() throws StorageException {
        checkWritable();
        clearAutoclear();
        dropFrom(0);
        flush();
    }

    // Life

    @Override
    public void quiesce(Deadline deadline) {
        // Requests are the kernel's to wait for.
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
