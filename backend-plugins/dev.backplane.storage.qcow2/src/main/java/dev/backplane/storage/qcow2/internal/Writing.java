package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.image.BusyRanges;
import java.lang.foreign.MemorySegment;
import java.util.function.LongSupplier;

/**
 * Writes a disk: clusters in place where they are the image's alone, else at new places. Tables are looked up and changed under the layer's
 * monitor, bytes move without it. Ranges are within the capacity, which the layer has checked.
 */
final class Writing {
    /** So many changed tables are written without being asked. */
    private static final int MOST_CHANGED = 256;

    /** Clusters that one request allocates and writes in one piece. */
    private static final int RUN_BYTES = 4 << 20;

    private final Object monitor;
    private final LongSupplier capacity;
    private final Image image;
    private final Header header;
    private final Refcounts refcounts;
    private final Mapping mapping;
    private final Compressed compressed;
    private final DataFile data;
    private final Reading reading;
    private final Upkeep upkeep;
    private final int clusterBytes;
    /** Clusters of the disk whose entry is about to change: others wait. */
    private final BusyRanges busy;

    Writing(
            Object monitor,
            LongSupplier capacity,
            Image image,
            Header header,
            Refcounts refcounts,
            Mapping mapping,
            Compressed compressed,
            DataFile data,
            Reading reading,
            Upkeep upkeep) {
        this.monitor = monitor;
        this.capacity = capacity;
        this.image = image;
        this.header = header;
        this.refcounts = refcounts;
        this.mapping = mapping;
        this.compressed = compressed;
        this.data = data;
        this.reading = reading;
        this.upkeep = upkeep;
        clusterBytes = header.clusterBytes();
        busy = new BusyRanges(monitor);
    }

    void write(long offset, MemorySegment source) throws StorageException {
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
        synchronized (monitor) {
            upkeep.clearAutoclear();
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
        synchronized (monitor) {
            upkeep.clearAutoclear();
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
            long there = Math.min(clusterBytes, capacity.getAsLong() - begin);
            reading.read(mapping, begin, whole.asSlice(0, there));
            MemorySegment.copy(source, 0, whole, from, source.byteSize());
        }
        long place = place(cluster);
        data.write(
                place, data.isOwn() ? whole.asSlice(0, Math.min(clusterBytes, capacity.getAsLong() - place)) : whole);
        exchange(cluster, place | Mapping.COPIED, Mapping.ALL_ALLOCATED);
    }

    /** In a file of their own, bytes stand where they do in the disk. */
    private long place(long cluster) throws StorageException {
        synchronized (monitor) {
            return data.isOwn() ? cluster << header.clusterBits() : refcounts.allocate();
        }
    }

    private void exchange(long cluster, long next, long bits) throws StorageException {
        synchronized (monitor) {
            long old = mapping.entry(cluster);
            if (old == next && (!header.extended() || mapping.bits(cluster) == bits)) {
                return;
            }
            mapping.entry(cluster, next, bits);
            release(old, next);
            if (mapping.changedTables() > MOST_CHANGED) {
                upkeep.writeTables();
            }
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

    /** Whole clusters; the disk's end may cut the last one short. */
    void writeCompressed(long offset, MemorySegment source) throws StorageException {
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
        synchronized (monitor) {
            upkeep.clearAutoclear();
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
    void zero(long offset, long bytes, boolean mayDiscard) throws StorageException {
        for (long done = 0; done < bytes; ) {
            long at = offset + done;
            int from = (int) (at & clusterBytes - 1);
            long length = Math.min(clusterBytes - from, bytes - done);
            long cluster = at >>> header.clusterBits();
            boolean toTheEnd = at + length == capacity.getAsLong();
            if (from == 0 && (length == clusterBytes || toTheEnd) && header.version() >= 3) {
                zero(cluster, mayDiscard);
            } else {
                write(cluster, from, MemorySegment.ofArray(new byte[(int) length]));
            }
            done += length;
        }
    }

    private void zero(long cluster, boolean mayDiscard) throws StorageException {
        synchronized (monitor) {
            upkeep.clearAutoclear();
            claim(cluster);
        }
        try {
            if (data.isOwn()) {
                long place = cluster << header.clusterBits();
                data.zero(place, Math.min(clusterBytes, capacity.getAsLong() - place), mayDiscard);
                exchange(cluster, place | Mapping.COPIED, Mapping.ALL_ALLOCATED);
            } else {
                exchange(cluster, header.extended() ? 0 : Mapping.ZERO, Mapping.ALL_ZERO);
            }
        } finally {
            busy.remove(cluster, cluster + 1);
        }
    }

    /** Whole clusters become zeros; parts of them stay. */
    void discard(long offset, long bytes) throws StorageException {
        long first = offset + clusterBytes - 1 >>> header.clusterBits();
        long end = offset + bytes >>> header.clusterBits();
        for (long cluster = first; cluster < end && header.version() >= 3; cluster++) {
            zero(cluster, true);
        }
    }

    // Lengths; nothing is in flight

    /** What is behind the disk's end, or will be within it, is not to be seen again. */
    void dropBehind(long from, long to) throws StorageException {
        int within = (int) (from & clusterBytes - 1);
        long cluster = from >>> header.clusterBits();
        if (from < to && within != 0 && !data.isOwn() && mapping.entry(cluster) != 0) {
            write(cluster, within, MemorySegment.ofArray(new byte[clusterBytes - within]));
        }
        drop(from, to);
    }

    /** In clusters that begin there, the image has nothing of its own any more. */
    void drop(long from, long to) throws StorageException {
        long end = to + clusterBytes - 1 >>> header.clusterBits();
        for (long cluster = from + clusterBytes - 1 >>> header.clusterBits(); cluster < end; cluster++) {
            if (!mapping.hasTable(cluster)) {
                cluster = mapping.nextTable(cluster) - 1;
            } else if (mapping.entry(cluster) != 0 || header.extended() && mapping.bits(cluster) != 0) {
                exchange(cluster, 0, 0);
            }
        }
    }

    /** What will be within the disk reads as zeros as soon as it is. */
    void hideBacking(long from, long to) throws StorageException {
        for (long at = from; at < to; at = (at | clusterBytes - 1) + 1) {
            int within = (int) (at & clusterBytes - 1);
            long cluster = at >>> header.clusterBits();
            if (within == 0 && header.version() >= 3) {
                zero(cluster, true);
            } else {
                write(cluster, within, MemorySegment.ofArray(new byte[clusterBytes - within]));
            }
        }
    }
}
