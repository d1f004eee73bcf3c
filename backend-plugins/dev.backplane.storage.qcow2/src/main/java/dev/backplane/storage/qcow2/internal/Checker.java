package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Compares how often each cluster is used with how often it is said to be. All tables are read; nothing is written unless something is
 * repaired: leaks by lowering counts, everything else by a new set of refcounts behind the end, to which the header is switched with one
 * write.
 */
final class Checker {
    /** So many uses are counted, an int each: an image of 4 TiB with usual clusters. */
    private static final long MOST_CLUSTERS = 1 << 26;

    private final Image image;
    private final Header header;
    private final int clusterBits;
    private final RefcountWidth width;
    private final int[] uses;
    private final List<String> messages = new ArrayList<>();
    /** The L2 table or the refcount block that is looked at: there may be many, and a damaged image may lead to one many times. */
    private final byte[] table;

    private final Compressed compressed;
    private final boolean repairing;
    private final Tree active;
    /** L2 tables of snapshots, which have many in common, and how many have each. */
    private final Map<Long, Integer> shared = new LinkedHashMap<>();

    private long corruptions;
    private long leaks;
    private long corruptionsFixed;
    private long leaksFixed;
    private long allocated;
    private long compressedClusters;
    private long fragmented;
    private boolean structureBroken;

    private Checker(Image image, Header header, CheckMode mode) throws StorageException {
        this.image = image;
        this.header = header;
        repairing = mode == CheckMode.REPAIR_ALL;
        clusterBits = header.clusterBits();
        active = new Tree("", header.l1Offset(), header.l1Entries());
        width = new RefcountWidth(header.refcountOrder());
        compressed = new Compressed(image, header);
        long clusters = image.bytes() + header.clusterBytes() - 1 >>> clusterBits;
        if (clusters > MOST_CLUSTERS) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "%d clusters are more than a check looks at (%d)".formatted(clusters, MOST_CLUSTERS));
        }
        uses = new int[(int) clusters];
        table = new byte[header.clusterBytes()];
    }

    static CheckReport check(Image image, CheckMode mode) throws StorageException {
        Header header = Header.read(image);
        Checker checker = new Checker(image, header, mode);
        try {
            return checker.run(mode);
        } finally {
            checker.compressed.close();
        }
    }

    private CheckReport run(CheckMode mode) throws StorageException {
        use("the header", 0);
        walk(active, true);
        SnapshotTable snapshots = SnapshotTable.read(image, header);
        useRange("the snapshot table", snapshots.offset(), snapshots.bytes());
        for (SnapshotTable.Entry each : snapshots.entries()) {
            walk(new Tree("snapshot " + each.name() + ": ", each.l1Offset(), each.l1Entries()), false);
        }
        for (var each : shared.entrySet()) {
            walkTable("L2 table at 0x%x of snapshots".formatted(each.getKey()), each.getKey(), each.getValue(), false);
        }
        if (header.isEncrypted()) {
            Encryption encryption = Encryption.of(image, header);
            useRange("the encryption header", encryption.offset(), encryption.bytes());
        }
        useBitmaps();
        int[] withoutRefcounts = repairing ? uses.clone() : uses;
        Blocks blocks = blocks();
        BitSet high = compare(blocks);
        if (repairing && (corruptions > 0 || structureBroken)) {
            rebuild(withoutRefcounts);
            mark(withoutRefcounts);
            corruptionsFixed += corruptions;
            leaksFixed += leaks;
            corruptions = 0;
            leaks = 0;
        } else if (mode != CheckMode.REPORT && leaks > 0) {
            lower(blocks, high);
            leaksFixed += leaks;
            leaks = 0;
        }
        if (mode == CheckMode.REPAIR_ALL && corruptions == 0) {
            clearMarks();
        }
        return report();
    }

    private CheckReport report() {
        int last = uses.length;
        while (last > 0 && uses[last - 1] == 0) {
            last--;
        }
        long total = header.capacityBytes() + header.clusterBytes() - 1 >>> clusterBits;
        return new CheckReport(
                corruptions,
                leaks,
                corruptionsFixed,
                leaksFixed,
                0,
                allocated,
                total,
                compressedClusters,
                fragmented,
                OptionalLong.of((long) last << clusterBits),
                messages);
    }

    private void error(String format, Object... values) {
        corruptions++;
        say("ERROR " + format, values);
    }

    /** Nothing is made of what is not told. */
    private void say(String format, Object... values) {
        if (messages.size() < CheckReport.MOST_MESSAGES) {
            messages.add(format.formatted(values));
        }
    }

    /** What is behind the end is zeros. Good until the next one is read. */
    private ByteBuffer table(long place) throws StorageException {
        image.read(place, MemorySegment.ofArray(table));
        return ByteBuffer.wrap(table);
    }

    // How often each cluster is used

    /** Whether it is a place in the image; counts it there. */
    private boolean use(String what, long offset) {
        return use(what, offset, 1);
    }

    private boolean use(Object what, long offset, int times) {
        long cluster = offset >>> clusterBits;
        if (offset < 0 || cluster >= uses.length) {
            error("%s at 0x%x: behind the end of the image", what, offset);
            return false;
        }
        uses[(int) cluster] = (int) Math.min(Integer.MAX_VALUE, (long) uses[(int) cluster] + times);
        return true;
    }

    private void useRange(String what, long offset, long bytes) {
        useRange(what, offset, bytes, 1);
    }

    private void useRange(Object what, long offset, long bytes, int times) {
        for (long at = offset >>> clusterBits << clusterBits;
                bytes > 0 && at < offset + bytes;
                at += header.clusterBytes()) {
            if (!use(what, at, times)) {
                return;
            }
        }
    }

    private boolean aligned(Object what, long offset) {
        if (offset % header.clusterBytes() != 0) {
            error("%s at 0x%x: not at a cluster's begin", what, offset);
            return false;
        }
        return true;
    }

    private record Tree(String name, long l1Offset, int l1Entries) {}

    private void walk(Tree tree, boolean active) throws StorageException {
        useRange(tree.name() + "the L1 table", tree.l1Offset(), 8L * tree.l1Entries());
        if (!isThere(tree)) {
            return;
        }
        if (!active && uses[(int) (tree.l1Offset() >>> clusterBits)] > 1) {
            // Each tree has an L1 table of its own: else a few bytes would have us read for ever.
            error("%sthe L1 table at 0x%x: something else is there too", tree.name(), tree.l1Offset());
            return;
        }
        ByteBuffer l1 = image.read(tree.l1Offset(), 8 * tree.l1Entries());
        for (int i = 0; i < tree.l1Entries(); i++) {
            long table = l1.getLong(8 * i) & Mapping.OFFSET;
            if (table == 0) {
                continue;
            }
            String what = tree.name() + "L2 table " + i;
            if (!aligned(what, table) || !use(what, table)) {
                clear(tree.l1Offset() + 8L * i, 0);
            } else if (active) {
                walkTable(what, table, 1, true);
            } else {
                shared.merge(table, 1, Integer::sum);
            }
        }
    }

    /** Whether the image holds all of its L1 table. */
    private boolean isThere(Tree tree) {
        long bytes = 8L * tree.l1Entries();
        return bytes > 0 && tree.l1Offset() + bytes - 1 >>> clusterBits < uses.length;
    }

    /** An entry of an L2 table, for messages: few of many are told. */
    private record Entry(String table, int cluster) {
        @Override
        public String toString() {
            return table + ": cluster " + cluster;
        }
    }

    /** What leads nowhere reads as zeros from now on, where that is asked for. */
    private void clear(long at, long value) throws StorageException {
        if (repairing) {
            image.write(at, ByteBuffer.allocate(8).putLong(value).array());
            corruptions--;
            corruptionsFixed++;
        }
    }

    /** All clusters that a table leads to, which is in the trees of so many. */
    private void walkTable(String name, long table, int times, boolean active) throws StorageException {
        ByteBuffer entries = table(table);
        int step = header.extended() ? 16 : 8;
        long expected = -1;
        for (int i = 0; i < header.clusterBytes() / step; i++) {
            long entry = entries.getLong(step * i);
            if (entry == 0) {
                continue;
            }
            Entry what = new Entry(name, i);
            if ((entry & Mapping.COMPRESSED) != 0) {
                useRange(
                        what,
                        compressed.firstCluster(entry),
                        compressed.lastCluster(entry) - compressed.firstCluster(entry) + 1,
                        times);
                if (active) {
                    allocated++;
                    compressedClusters++;
                    // A compressed image is in pieces by its nature.
                    fragmented++;
                }
                continue;
            }
            long place = entry & Mapping.OFFSET;
            if (header.hasDataFile()) {
                allocated += active && (entry & Mapping.COPIED) != 0 ? 1 : 0;
                continue;
            }
            if (place == 0) {
                continue;
            }
            if (!aligned(what, place) || !use(what, place, times)) {
                clear(table + (long) step * i, header.version() >= 3 && !header.extended() ? Mapping.ZERO : 0);
                if (repairing && header.extended()) {
                    image.write(
                            table + (long) step * i + 8,
                            ByteBuffer.allocate(8).putLong(Mapping.ALL_ZERO).array());
                }
                continue;
            }
            if (active) {
                allocated++;
                if (expected >= 0 && place != expected) {
                    fragmented++;
                }
                expected = place + header.clusterBytes();
            }
        }
    }

    private void useBitmaps() throws StorageException {
        Bitmaps.Directory directory = Bitmaps.read(image, header);
        useRange("the bitmap directory", directory.offset(), directory.bytes().capacity());
        for (Bitmaps.Bitmap each : directory.bitmaps()) {
            String what = "bitmap " + each.name();
            useRange(what, each.tableOffset(), 8L * each.tableEntries());
            long end = each.tableOffset() + 8L * each.tableEntries();
            if (each.tableOffset() < 0
                    || each.tableEntries() == 0
                    || end - 1 >>> clusterBits >= uses.length
                    || uses[(int) (each.tableOffset() >>> clusterBits)] > 1) {
                // Told already, or a table that others have too, which the counts will tell.
                continue;
            }
            ByteBuffer table = image.read(each.tableOffset(), 8 * each.tableEntries());
            for (int i = 0; i < each.tableEntries(); i++) {
                long place = table.getLong(8 * i) & Mapping.OFFSET;
                if (place != 0 && aligned(what, place)) {
                    use(what, place);
                }
            }
        }
    }

    // How often each is said to be used

    private record Blocks(ByteBuffer table, int entries) {}

    private Blocks blocks() throws StorageException {
        int said = header.refcountTableClusters() << clusterBits;
        useRange("the refcount table", header.refcountTableOffset(), said);
        // What is behind the end leads nowhere.
        int bytes = (int) Math.clamp(image.bytes() - header.refcountTableOffset(), 0L, said) / 8 * 8;
        ByteBuffer table = image.read(header.refcountTableOffset(), bytes);
        for (int i = 0; i < bytes / 8; i++) {
            long place = table.getLong(8 * i) & Refcounts.OFFSET;
            String what = "refcount block " + i;
            if (place != 0 && (!aligned(what, place) || !use(what, place))) {
                structureBroken = true;
                table.putLong(8 * i, 0);
            } else if (place != 0 && uses[(int) (place >>> clusterBits)] > 1) {
                structureBroken = true;
                error("%s at 0x%x: something else is there too", what, place);
            }
        }
        return new Blocks(table, bytes / 8);
    }

    /** Every cluster's count against its uses. Returns the clusters whose count is too high. */
    private BitSet compare(Blocks blocks) throws StorageException {
        int perBlock = 1 << clusterBits + 3 - header.refcountOrder();
        int[] said = new int[uses.length];
        for (int i = 0; i < blocks.entries(); i++) {
            long place = blocks.table().getLong(8 * i) & Refcounts.OFFSET;
            if (place == 0) {
                continue;
            }
            ByteBuffer counts = table(place);
            for (int j = 0; j < perBlock; j++) {
                long cluster = (long) i * perBlock + j;
                // What is said of clusters behind the end is no harm, and QEMU does not look at it either.
                if (cluster < uses.length) {
                    said[(int) cluster] = (int) Math.min(Integer.MAX_VALUE, width.get(counts, j));
                }
            }
        }
        BitSet high = new BitSet(uses.length);
        for (int i = 0; i < uses.length; i++) {
            if (said[i] < uses[i]) {
                error("cluster %d refcount=%d reference=%d", i, said[i], uses[i]);
            } else if (said[i] > uses[i]) {
                leaks++;
                say("Leaked cluster %d refcount=%d reference=%d", i, said[i], uses[i]);
                high.set(i);
            }
        }
        if (isThere(active)) {
            compareMarks(said);
        }
        return high;
    }

    /** Bit 63 of an entry says that the count is 1. */
    private void compareMarks(int[] said) throws StorageException {
        ByteBuffer l1 = image.read(header.l1Offset(), 8 * header.l1Entries());
        for (int i = 0; i < header.l1Entries(); i++) {
            long top = l1.getLong(8 * i);
            long table = top & Mapping.OFFSET;
            if (table == 0 || table % header.clusterBytes() != 0 || table >>> clusterBits >= uses.length) {
                continue;
            }
            if (((top & Mapping.COPIED) != 0) != (said[(int) (table >>> clusterBits)] == 1)) {
                error("OFLAG_COPIED L2 table %d: l1_entry=%x refcount=%d", i, top, said[(int) (table >>> clusterBits)]);
            }
            ByteBuffer entries = table(table);
            int step = header.extended() ? 16 : 8;
            for (int j = 0; j < header.clusterBytes() / step && !header.hasDataFile(); j++) {
                long entry = entries.getLong(step * j);
                long place = entry & Mapping.OFFSET;
                boolean compressedEntry = (entry & Mapping.COMPRESSED) != 0;
                if (compressedEntry && (entry & Mapping.COPIED) != 0) {
                    error("cluster %d of L2 table %d: compressed and OFLAG_COPIED", j, i);
                } else if (!compressedEntry
                        && place != 0
                        && place % header.clusterBytes() == 0
                        && place >>> clusterBits < uses.length
                        && ((entry & Mapping.COPIED) != 0) != (said[(int) (place >>> clusterBits)] == 1)) {
                    error(
                            "OFLAG_COPIED data cluster: l2_entry=%x refcount=%d",
                            entry, said[(int) (place >>> clusterBits)]);
                }
            }
        }
    }

    // Repair

    private void lower(Blocks blocks, BitSet high) throws StorageException {
        int perBlock = 1 << clusterBits + 3 - header.refcountOrder();
        for (int i = 0; i < blocks.entries(); i++) {
            long place = blocks.table().getLong(8 * i) & Refcounts.OFFSET;
            if (place == 0) {
                continue;
            }
            ByteBuffer counts = table(place);
            boolean changed = false;
            for (int j = 0; j < perBlock; j++) {
                long cluster = (long) i * perBlock + j;
                if (cluster < uses.length && high.get((int) cluster)) {
                    width.set(counts, j, uses[(int) cluster]);
                    changed = true;
                }
            }
            if (changed) {
                image.write(place, counts.array());
            }
        }
        image.flush();
    }

    /** A new refcount table with its blocks, behind everything that is used. */
    private void rebuild(int[] wanted) throws StorageException {
        // What the old ones take is free only behind the switch.
        int used = uses.length;
        while (used > 0 && uses[used - 1] == 0) {
            used--;
        }
        int perBlock = 1 << clusterBits + 3 - header.refcountOrder();
        long blockCount = 1;
        long tableClusters = 1;
        for (long all = 0; all != used + blockCount + tableClusters; ) {
            all = used + blockCount + tableClusters;
            blockCount = (all + perBlock - 1) / perBlock;
            tableClusters = 8 * blockCount + header.clusterBytes() - 1 >>> clusterBits;
        }
        if (tableClusters << clusterBits > Header.MOST_REFCOUNT_TABLE_BYTES) {
            throw new StorageException(
                    Kind.UNSUPPORTED, "the refcounts that it needs are too many for this image's clusters");
        }
        ByteBuffer table = ByteBuffer.allocate((int) tableClusters << clusterBits);
        for (long block = 0; block < blockCount; block++) {
            ByteBuffer counts = ByteBuffer.wrap(this.table);
            for (int j = 0; j < perBlock; j++) {
                long cluster = block * perBlock + j;
                long count =
                        cluster < used ? wanted[(int) cluster] : cluster < used + blockCount + tableClusters ? 1 : 0;
                if (count > width.most()) {
                    throw new StorageException(
                            Kind.CORRUPT,
                            "cluster %d is used %d times, which its refcounts cannot say".formatted(cluster, count));
                }
                width.set(counts, j, count);
            }
            long place = used + block << clusterBits;
            table.putLong((int) (8 * block), place);
            image.write(place, counts.array());
        }
        long place = used + blockCount << clusterBits;
        image.write(place, table.array());
        image.flush();
        image.write(
                Header.REFCOUNT_TABLE_AT,
                ByteBuffer.allocate(12)
                        .putLong(place)
                        .putInt((int) tableClusters)
                        .array());
        image.flush();
    }

    /** Sets bit 63 where a cluster is used once, and takes it away elsewhere. */
    private void mark(int[] counts) throws StorageException {
        if (!isThere(active)) {
            return;
        }
        ByteBuffer l1 = image.read(active.l1Offset(), 8 * active.l1Entries());
        for (int i = 0; i < active.l1Entries(); i++) {
            long top = l1.getLong(8 * i);
            long table = top & Mapping.OFFSET;
            if (table == 0) {
                continue;
            }
            l1.putLong(8 * i, marked(top, table, counts));
            ByteBuffer entries = table(table);
            int step = header.extended() ? 16 : 8;
            for (int j = 0; j < header.clusterBytes() / step && !header.hasDataFile(); j++) {
                long entry = entries.getLong(step * j);
                long place = entry & Mapping.OFFSET;
                if ((entry & Mapping.COMPRESSED) != 0) {
                    entries.putLong(step * j, entry & ~Mapping.COPIED);
                } else if (place != 0) {
                    entries.putLong(step * j, marked(entry, place, counts));
                }
            }
            image.write(table, entries.array());
        }
        image.write(active.l1Offset(), l1.array());
        image.flush();
    }

    private long marked(long entry, long place, int[] counts) {
        long cluster = place >>> clusterBits;
        boolean one = cluster < counts.length && counts[(int) cluster] == 1;
        return entry & ~Mapping.COPIED | (one ? Mapping.COPIED : 0);
    }

    /** It is clean now. */
    private void clearMarks() throws StorageException {
        long marks = Header.DIRTY | Header.CORRUPT;
        if ((header.incompatible() & marks) != 0) {
            image.flush();
            image.write(
                    Header.INCOMPATIBLE_AT,
                    ByteBuffer.allocate(8)
                            .putLong(header.incompatible() & ~marks)
                            .array());
            image.flush();
        }
    }
}
