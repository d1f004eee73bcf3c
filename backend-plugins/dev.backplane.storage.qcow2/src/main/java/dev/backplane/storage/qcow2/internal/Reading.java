package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import java.lang.foreign.MemorySegment;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads a disk through its tables: the active ones or a snapshot's. What stands in one piece in the file is read in one piece. Tables are
 * looked up under the layer's monitor, bytes move without it.
 */
final class Reading {
    /** A map looks at so many clusters for what is of the same kind, so that the monitor is not held for long. */
    private static final int LOOKED_AT = 4096;

    private final Object monitor;
    private final Header header;
    private final Compressed compressed;
    private final DataFile data;
    private final @Nullable Storage backing;
    private final int clusterBits;
    private final int clusterBytes;

    Reading(Object monitor, Header header, Compressed compressed, DataFile data, @Nullable Storage backing) {
        this.monitor = monitor;
        this.header = header;
        this.compressed = compressed;
        this.data = data;
        this.backing = backing;
        clusterBits = header.clusterBits();
        clusterBytes = header.clusterBytes();
    }

    /** What begins at an offset. */
    private enum Kind {
        DATA,
        ZERO,
        ABSENT,
        COMPRESSED
    }

    /** A range of one kind. For one thread. */
    private static final class Run {
        private Kind kind = Kind.ABSENT;
        /** Where it stands, for data. */
        private long place;
        /** The entry, for a compressed cluster. */
        private long entry;

        private long bytes;
    }

    void read(Mapping mapping, long offset, MemorySegment target) throws StorageException {
        Run run = new Run();
        for (long done = 0; done < target.byteSize(); done += run.bytes) {
            long at = offset + done;
            synchronized (monitor) {
                look(mapping, at, target.byteSize() - done, run);
            }
            MemorySegment part = target.asSlice(done, run.bytes);
            switch (run.kind) {
                case DATA -> data.read(run.place, part);
                case ZERO -> part.fill((byte) 0);
                case ABSENT -> readBacking(at, part);
                case COMPRESSED -> compressed.read(run.entry, (int) (at & clusterBytes - 1), part);
            }
        }
    }

    /** A backing disk that is shorter reads as zeros behind its end. */
    private void readBacking(long offset, MemorySegment target) throws StorageException {
        Storage below = backing;
        long there = below == null ? 0 : Math.clamp(below.capacityBytes() - offset, 0L, target.byteSize());
        if (below != null && there > 0) {
            below.read(offset, target.asSlice(0, there));
        }
        target.asSlice(there).fill((byte) 0);
    }

    Extent extent(Mapping mapping, long offset, long bytes) throws StorageException {
        Run run = new Run();
        synchronized (monitor) {
            look(mapping, offset, Math.min(bytes, (long) LOOKED_AT << clusterBits), run);
        }
        return switch (run.kind) {
            case DATA ->
                new Extent(
                        offset,
                        run.bytes,
                        Extent.Kind.DATA,
                        data.isEncrypted() ? OptionalLong.empty() : OptionalLong.of(run.place),
                        false);
            case ZERO -> new Extent(offset, run.bytes, Extent.Kind.ZERO);
            case ABSENT -> new Extent(offset, run.bytes, Extent.Kind.ABSENT);
            case COMPRESSED -> new Extent(offset, run.bytes, Extent.Kind.DATA, OptionalLong.empty(), true);
        };
    }

    /** Finds the longest range of one kind that begins at an offset. Under the monitor. */
    private void look(Mapping mapping, long offset, long most, Run run) throws StorageException {
        if (!mapping.hasTable(offset >>> clusterBits)) {
            run.kind = Kind.ABSENT;
            run.bytes = Math.min(most, (mapping.nextTable(offset >>> clusterBits) << clusterBits) - offset);
            return;
        }
        long length = single(mapping, offset, run);
        Kind kind = run.kind;
        long place = run.place;
        // A compressed cluster is one whole; everything else goes on as long as it is of the same kind.
        while (kind != Kind.COMPRESSED && length < most && mapping.hasTable(offset + length >>> clusterBits)) {
            long more = single(mapping, offset + length, run);
            if (run.kind != kind || kind == Kind.DATA && run.place != place + length) {
                break;
            }
            length += more;
        }
        run.kind = kind;
        run.place = place;
        run.bytes = Math.min(length, most);
    }

    /** What is at an offset, up to the end of its cluster or subcluster. */
    private long single(Mapping mapping, long offset, Run run) throws StorageException {
        long cluster = offset >>> clusterBits;
        int from = (int) (offset & clusterBytes - 1);
        long entry = mapping.entry(cluster);
        if ((entry & Mapping.COMPRESSED) != 0) {
            run.kind = Kind.COMPRESSED;
            run.entry = entry;
            return clusterBytes - from;
        }
        if (header.extended()) {
            return subcluster(mapping, cluster, from, entry, run);
        }
        long place = mapping.place(entry);
        run.kind =
                header.version() >= 3 && (entry & Mapping.ZERO) != 0 ? Kind.ZERO : place >= 0 ? Kind.DATA : Kind.ABSENT;
        run.place = place + from;
        return clusterBytes - from;
    }

    private long subcluster(Mapping mapping, long cluster, int from, long entry, Run run) throws StorageException {
        int bits = clusterBits - 5;
        int index = from >>> bits;
        long state = mapping.bits(cluster);
        boolean allocated = (state >>> index & 1) != 0;
        boolean zero = (state >>> 32 + index & 1) != 0;
        long place = mapping.place(entry);
        if (allocated && (zero || place < 0)) {
            throw Image.corrupt("a subcluster of cluster %d that is two things at once".formatted(cluster));
        }
        run.kind = zero ? Kind.ZERO : allocated ? Kind.DATA : Kind.ABSENT;
        run.place = place + from;
        return (index + 1L << bits) - from;
    }
}
