package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the clusters of a disk are: L1 and L2 tables. Changes are kept until they are written. The layer's monitor guards it.
 *
 * <p>An entry: bit 63 says that the refcount is exactly 1, bit 62 that the cluster is compressed, bit 0 that it reads as zeros. With
 * extended entries a second word says of each of the 32 subclusters whether it is allocated (low half) or reads as zeros (high half).
 */
final class Mapping {
    static final long COPIED = 1L << 63;
    static final long COMPRESSED = 1L << 62;
    static final long ZERO = 1;
    static final long OFFSET = 0x00ff_ffff_ffff_fe00L;

    /** All subclusters are allocated. */
    static final long ALL_ALLOCATED = 0xffff_ffffL;

    /** All subclusters read as zeros. */
    static final long ALL_ZERO = 0xffff_ffffL << 32;

    /** Tables that are kept although they have not changed. */
    private static final int KEPT = 64;

    private final Image image;
    private final Header header;
    private final Refcounts refcounts;
    private final int l2Bits;
    private final int words;
    private final Map<Integer, Table> changed = new HashMap<>();
    private final Map<Integer, Table> clean = new LinkedHashMap<>(KEPT, 0.75f, true);
    private Table l1;
    private int l1Entries;

    /** The disk's own tables. */
    Mapping(Image image, Header header, Refcounts refcounts) throws StorageException {
        this(image, header, refcounts, header.l1Offset(), header.l1Entries());
    }

    /** Tables that begin elsewhere, for instance a snapshot's. */
    Mapping(Image image, Header header, Refcounts refcounts, long l1Offset, int l1Entries) throws StorageException {
        this.image = image;
        this.header = header;
        this.refcounts = refcounts;
        this.l1Entries = l1Entries;
        l2Bits = header.l2Bits();
        words = header.extended() ? 2 : 1;
        l1 = new Table(l1Offset, image.read(l1Offset, 8 * l1Entries));
    }

    private int l1Index(long cluster) {
        return (int) (cluster >>> l2Bits);
    }

    private int l2Index(long cluster) {
        return ((int) cluster & (1 << l2Bits) - 1) * words;
    }

    /** The entry of a cluster of the disk; 0 where the image has nothing. */
    long entry(long cluster) throws StorageException {
        Table table = table(l1Index(cluster));
        return table == null ? 0 : table.entry(l2Index(cluster));
    }

    /** What its subclusters are, for extended entries. */
    long bits(long cluster) throws StorageException {
        Table table = table(l1Index(cluster));
        return table == null ? 0 : table.entry(l2Index(cluster) + 1);
    }

    /** Whether there is a table for a cluster: where not, all that it would cover is not there. */
    boolean hasTable(long cluster) {
        return (l1.entry(l1Index(cluster)) & OFFSET) != 0;
    }

    /** The first cluster that another table covers. */
    long nextTable(long cluster) {
        return (cluster >>> l2Bits) + 1 << l2Bits;
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
    void entry(long cluster, long value, long bits) throws StorageException {
        int index = l1Index(cluster);
        Table table = changed.get(index);
        if (table == null) {
            table = own(index);
            clean.remove(index);
            changed.put(index, table);
        }
        table.entry(l2Index(cluster), value);
        if (words == 2) {
            table.entry(l2Index(cluster) + 1, bits);
        }
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
        if (offset == 0 && !(header.hasDataFile() && (entry & COPIED) != 0)) {
            return -1;
        }
        if (offset % header.clusterBytes() != 0) {
            throw Image.corrupt("a cluster at 0x%x".formatted(offset));
        }
        return offset;
    }

    // The tree as a whole, for snapshots and lengths

    /** The L1 table. */
    Table top() {
        return l1;
    }

    int topEntries() {
        return l1Entries;
    }

    /** Goes on with another L1 table, of which nothing is kept yet; everything has been written. */
    void replaceTop(Table next, int entries) {
        l1 = next;
        l1Entries = entries;
        changed.clear();
        clean.clear();
    }

    /** Goes on with a longer L1 table that begins as this one does. */
    void extendTop(Table next, int entries) {
        l1 = next;
        l1Entries = entries;
    }

    /** What an L2 table leads to: entries, in their order; nothing where there is no table. */
    List<Long> entries(int index) throws StorageException {
        Table table = table(index);
        if (table == null) {
            return List.of();
        }
        List<Long> all = new ArrayList<>(1 << l2Bits);
        for (int i = 0; i < 1 << l2Bits; i++) {
            all.add(table.entry(i * words));
        }
        return all;
    }

    /**
     * An L2 table with the mark of what is used once where that is so, and nowhere else; null where it is marked like that already, or there
     * is none.
     */
    @Nullable
    ByteBuffer marked(int index, EntryCount counts) throws StorageException {
        Table table = table(index);
        Table marked = null;
        for (int i = 0; table != null && i < 1 << l2Bits; i++) {
            long entry = table.entry(i * words);
            long next = entry & ~COPIED | (counts.isOne(entry) ? COPIED : 0);
            if (next != entry) {
                if (marked == null) {
                    marked = table.copy();
                }
                marked.entry(i * words, next);
            }
        }
        return marked == null ? null : marked.bytes;
    }

    /** Whether an entry's cluster is used once. */
    @FunctionalInterface
    interface EntryCount {
        boolean isOne(long entry) throws StorageException;
    }
}
