package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Where the clusters of the disk are: L1 and L2 tables. Changes are kept until they are written. The layer's monitor guards it.
 *
 * <p>An entry: bit 63 says that the refcount is exactly 1, bit 62 that the cluster is compressed, bit 0 that it reads as zeros.
 */
final class Mapping {
    static final long COPIED = 1L << 63;
    static final long COMPRESSED = 1L << 62;
    static final long ZERO = 1;
    static final long OFFSET = 0x00ff_ffff_ffff_fe00L;

    /** Tables that are kept although they have not changed. */
    private static final int KEPT = 64;

    private final Image image;
    private final Header header;
    private final Refcounts refcounts;
    private final Table l1;
    private final Map<Integer, Table> changed = new HashMap<>();
    private final Map<Integer, Table> clean = new LinkedHashMap<>(KEPT, 0.75f, true);

    Mapping(Image image, Header header, Refcounts refcounts) throws StorageException {
        this.image = image;
        this.header = header;
        this.refcounts = refcounts;
        l1 = new Table(header.l1Offset(), image.read(header.l1Offset(), 8 * header.l1Entries()));
    }

    private int l1Index(long cluster) {
        return (int) (cluster >>> header.clusterBits() - 3);
    }

    private int l2Index(long cluster) {
        return (int) cluster & (1 << header.clusterBits() - 3) - 1;
    }

    /** The entry of a cluster of the disk; 0 where the image has nothing. */
    long entry(long cluster) throws StorageException {
        Table table = table(l1Index(cluster));
        return table == null ? 0 : table.entry(l2Index(cluster));
    }

    private Table table(int index) throws StorageException {
        Table known = changed.get(index);
        if (known == null) {
            known = clean.get(index);
        }
        if (known != null) {
            return known;
        }
        long offset = l1.entry(index) & OFFSET;
        if (offset == 0) {
            return null;
        }
        checkPlace("an L2 table", offset);
        Table read = new Table(offset, image.read(offset, header.clusterBytes()));
        keep(index, read);
        return read;
    }

    private void keep(int index, Table table) {
        clean.put(index, table);
        if (clean.size() > KEPT) {
            clean.remove(clean.keySet().iterator().next());
        }
    }

    private void checkPlace(String what, long offset) throws StorageException {
        if (offset % header.clusterBytes() != 0 || offset >= image.bytes()) {
            throw Image.corrupt("%s at 0x%x".formatted(what, offset));
        }
    }

    /** Changes an entry, in a table that belongs to this image alone. */
    void entry(long cluster, long value) throws StorageException {
        int index = l1Index(cluster);
        Table table = changed.get(index);
        if (table == null) {
            table = own(index);
            clean.remove(index);
            changed.put(index, table);
        }
        table.entry(l2Index(cluster), value);
    }

    private Table own(int index) throws StorageException {
        Table old = table(index);
        if (old != null && (l1.entry(index) & COPIED) != 0) {
            return old;
        }
        ByteBuffer bytes = ByteBuffer.allocate(header.clusterBytes());
        if (old != null) {
            bytes.put(0, old.bytes, 0, bytes.capacity());
            refcounts.release(old.offset);
        }
        Table own = new Table(refcounts.allocate(), bytes);
        own.changed = true;
        l1.entry(index, own.offset | COPIED);
        return own;
    }

    int changedTables() {
        return changed.size();
    }

    boolean isChanged() {
        return l1.changed || !changed.isEmpty();
    }

    /** Writes the L2 tables that have changed. */
    void writeTables() throws StorageException {
        for (var each : changed.entrySet()) {
            Table table = each.getValue();
            image.write(table.offset, table.bytes.array());
            table.changed = false;
            keep(each.getKey(), table);
        }
        changed.clear();
    }

    boolean hasNewTables() {
        return l1.changed;
    }

    /** Writes the L1 table, which leads to them. */
    void writeTop() throws StorageException {
        image.write(l1.offset, l1.bytes.array());
        l1.changed = false;
    }

    /** Where an entry's cluster is, or -1 where it has no bytes of its own. */
    long place(long entry) throws StorageException {
        long offset = entry & OFFSET;
        if (offset == 0) {
            return -1;
        }
        if (offset % header.clusterBytes() != 0) {
            throw Image.corrupt("a cluster at 0x%x".formatted(offset));
        }
        return offset;
    }
}
