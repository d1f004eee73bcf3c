package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageLayer;
import java.lang.foreign.MemorySegment;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An open image. A request is cut at cluster boundaries; data moves without the monitor, tables are looked up and changed under it.
 *
 * <p><b>Order of writes.</b> A new cluster's bytes go to the file at once, the tables that lead there stay in memory until a flush: then
 * data and refcounts are made stable, then L2 tables, then the L1 table, and last what is not used any more is given up. So whatever is
 * lost at any moment, nothing in the image leads to a cluster that another one has.
 */
final class QcowLayer implements StorageLayer<QcowState> {
    /** So many changed tables are written without being asked. */
    private static final int MOST_CHANGED = 256;

    private final Image image;
    private final Header header;
    private final Refcounts refcounts;
    private final Mapping mapping;
    private final Compressed compressed;
    private final @Nullable Storage backing;
    private final int clusterBytes;
    /** Clusters of the disk whose entry is about to change: others wait. */
    private final Set<Long> busy = new HashSet<>();

    private boolean autoclearDone;

    QcowLayer(Image image, Header header, @Nullable Storage backing) throws StorageException {
        this.image = image;
        this.header = header;
        this.backing = backing;
        clusterBytes = header.clusterBytes();
        refcounts = new Refcounts(image, header);
        mapping = new Mapping(image, header, refcounts);
        compressed = new Compressed(image, header);
    }

    @Override
    public long capacityBytes() {
        return header.capacityBytes();
    }

    @Override
    public boolean isWritable() {
        return image.isWritable();
    }

    /** One piece of a request within a cluster. */
    @FunctionalInterface
    private interface Piece {
        void at(long cluster, int from, MemorySegment memory) throws StorageException;
    }

    private void cut(long offset, MemorySegment memory, Piece piece) throws StorageException {
        StorageException.checkRange(offset, memory.byteSize(), header.capacityBytes());
        for (long done = 0; done < memory.byteSize(); ) {
            long at = offset + done;
            int from = (int) (at & clusterBytes - 1);
            long length = Math.min(clusterBytes - from, memory.byteSize() - done);
            piece.at(at >>> header.clusterBits(), from, memory.asSlice(done, length));
            done += length;
        }
    }

    // Reading

    @Override
    public void read(long offset, MemorySegment target) throws StorageException {
        cut(offset, target, this::read);
    }

    private void read(long cluster, int from, MemorySegment target) throws StorageException {
        long entry;
        long place;
        synchronized (this) {
            entry = mapping.entry(cluster);
            place = (entry & Mapping.COMPRESSED) == 0 ? mapping.place(entry) : -1;
        }
        if ((entry & Mapping.COMPRESSED) != 0) {
            MemorySegment.copy(MemorySegment.ofArray(compressed.read(entry)), from, target, 0, target.byteSize());
        } else if (isZero(entry)) {
            target.fill((byte) 0);
        } else if (place >= 0) {
            image.read(place + from, target);
        } else {
            readBacking(cluster, from, target);
        }
    }

    private boolean isZero(long entry) {
        return header.version() >= 3 && (entry & Mapping.ZERO) != 0;
    }

    /** A backing disk that is shorter reads as zeros behind its end. */
    private void readBacking(long cluster, int from, MemorySegment target) throws StorageException {
        Storage below = backing;
        long offset = (cluster << header.clusterBits()) + from;
        long there = below == null ? 0 : Math.clamp(below.capacityBytes() - offset, 0L, target.byteSize());
        if (below != null && there > 0) {
            below.read(offset, target.asSlice(0, there));
        }
        target.asSlice(there).fill((byte) 0);
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
        cut(offset, source, this::write);
    }

    private void write(long cluster, int from, MemorySegment source) throws StorageException {
        long place;
        synchronized (this) {
            clearAutoclear();
            await(cluster);
            long entry = mapping.entry(cluster);
            boolean own = (entry & (Mapping.COPIED | Mapping.COMPRESSED)) == Mapping.COPIED && !isZero(entry);
            place = own ? mapping.place(entry) : -1;
            if (place >= image.bytes()) {
                throw Image.corrupt("a cluster at 0x%x, behind the end".formatted(place));
            }
            if (place < 0) {
                busy.add(cluster);
            }
        }
        if (place >= 0) {
            image.write(place + from, source);
            return;
        }
        try {
            replace(cluster, from, source);
        } finally {
            done(cluster);
        }
    }

    private void await(long cluster) {
        boolean interrupted = false;
        while (busy.contains(cluster)) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void done(long cluster) {
        busy.remove(cluster);
        notifyAll();
    }

    /** A cluster of its own, with what was there before around what is written. */
    private void replace(long cluster, int from, MemorySegment source) throws StorageException {
        MemorySegment whole = source;
        if (source.byteSize() < clusterBytes) {
            whole = MemorySegment.ofArray(new byte[clusterBytes]);
            read(cluster, 0, whole);
            MemorySegment.copy(source, 0, whole, from, source.byteSize());
        }
        long place;
        synchronized (this) {
            place = refcounts.allocate();
        }
        image.write(place, whole);
        exchange(cluster, place | Mapping.COPIED);
    }

    private synchronized void exchange(long cluster, long next) throws StorageException {
        long old = mapping.entry(cluster);
        if (old == next) {
            return;
        }
        mapping.entry(cluster, next);
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
        } else {
            long place = mapping.place(old);
            if (place >= 0 && place != mapping.place(next)) {
                refcounts.release(place);
            }
        }
    }

    /** Features that we do not keep up to date must not be trusted by others any more. */
    private void clearAutoclear() throws StorageException {
        if (!autoclearDone) {
            autoclearDone = true;
            if (header.autoclear() != 0) {
                image.write(Header.AUTOCLEAR_AT, new byte[8]);
                image.flush();
            }
        }
    }

    // Zeros

    /** Clusters that read as zeros need nothing of their own (version 3); a backing disk must not show through. */
    @Override
    public void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        checkWritable();
        StorageException.checkRange(offset, bytes, header.capacityBytes());
        for (long done = 0; done < bytes; ) {
            long at = offset + done;
            int from = (int) (at & clusterBytes - 1);
            long length = Math.min(clusterBytes - from, bytes - done);
            long cluster = at >>> header.clusterBits();
            boolean toTheEnd = at + length == header.capacityBytes();
            if (from == 0 && (length == clusterBytes || toTheEnd) && header.version() >= 3) {
                zero(cluster);
            } else {
                write(cluster, from, MemorySegment.ofArray(new byte[(int) length]));
            }
            done += length;
        }
    }

    private void zero(long cluster) throws StorageException {
        synchronized (this) {
            clearAutoclear();
            await(cluster);
            busy.add(cluster);
        }
        try {
            exchange(cluster, Mapping.ZERO);
        } finally {
            done(cluster);
        }
    }

    /** Whole clusters become zeros; parts of them stay. */
    @Override
    public void discard(long offset, long bytes) throws StorageException {
        checkWritable();
        StorageException.checkRange(offset, bytes, header.capacityBytes());
        long first = offset + clusterBytes - 1 >>> header.clusterBits();
        long end = offset + bytes >>> header.clusterBits();
        for (long cluster = first; cluster < end && header.version() >= 3; cluster++) {
            zero(cluster);
        }
    }

    // What is in memory goes to the image

    @Override
    public void flush() throws StorageException {
        if (image.isWritable()) {
            writeTables();
            image.flush();
        }
    }

    private synchronized void writeTables() throws StorageException {
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
        // Holds nothing.
    }
}
