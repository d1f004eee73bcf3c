package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How often each cluster is used. Changes are kept until {@link #write}. The layer's monitor guards it.
 *
 * <p>What is given up is not handed out again before it has been written that nothing leads there any more.
 *
 * <p>A change of much at once, as a snapshot is, stands between {@link #begin} and {@link #commit}: the image's own blocks and table stay as
 * they are, and the changed ones get other places ({@link #stage}), so that one write of the header exchanges them together with what they
 * count.
 */
final class Refcounts {
    static final long OFFSET = 0x00ff_ffff_ffff_fe00L;

    /** What was handed out and is not written yet may stand so far behind the end. */
    private static final long BEHIND_BYTES = 1 << 28;

    private final Image image;
    private final int clusterBits;
    private final RefcountWidth width;
    private final int blockEntries;
    private final Map<Integer, Table> blocks = new HashMap<>();
    private final List<Long> givenUp = new ArrayList<>();
    private Table top;
    private long next;
    /** Where the next compressed cluster can begin, within a cluster that others have begun; 0 for none. */
    private long packed;

    private @Nullable Before before;

    /** What the image has while a change of much at once is prepared. */
    private static final class Before {
        private final Table top;
        private final long next;
        private final long packed;
        /** Blocks that the change has changed, as they were; those that it has made are at 0. */
        private final Map<Integer, Table> blocks = new HashMap<>();
        /** The first cluster that is free behind the change. */
        private long lowest = Long.MAX_VALUE;

        Before(Table top, long next, long packed) {
            this.top = top;
            this.next = next;
            this.packed = packed;
        }
    }

    Refcounts(Image image, Header header) throws StorageException {
        this.image = image;
        clusterBits = header.clusterBits();
        width = new RefcountWidth(header.refcountOrder());
        blockEntries = 1 << clusterBits + 3 - header.refcountOrder();
        ByteBuffer table = image.read(header.refcountTableOffset(), header.refcountTableClusters() << clusterBits);
        top = new Table(header.refcountTableOffset(), table);
    }

    private int clusterBytes() {
        return 1 << clusterBits;
    }

    private Table block(long cluster, boolean make) throws StorageException {
        long index = cluster / blockEntries;
        if (index >= top.bytes.capacity() / 8) {
            if (!make) {
                return new Table(0, ByteBuffer.allocate(clusterBytes()));
            }
            if (before == null) {
                grow(index);
            } else {
                widen(index);
            }
        }
        Table known = blocks.get((int) index);
        if (known != null) {
            return known;
        }
        long offset = top.entry((int) index) & OFFSET;
        Table block;
        if (offset != 0) {
            if (offset % clusterBytes() != 0 || offset >= image.bytes()) {
                throw Image.corrupt("a refcount block at 0x%x".formatted(offset));
            }
            block = new Table(offset, image.read(offset, clusterBytes()));
        } else if (make) {
            block = make((int) index);
        } else {
            return new Table(0, ByteBuffer.allocate(clusterBytes()));
        }
        blocks.put((int) index, block);
        return block;
    }

    /** A new block describes itself: its first free cluster holds it. */
    private Table make(int index) throws StorageException {
        long first = (long) index * blockEntries;
        long place = Math.max(first, next);
        Table block = new Table(place << clusterBits, ByteBuffer.allocate(clusterBytes()));
        if (place / blockEntries != index) {
            throw Image.corrupt("refcount block %d is missing although its clusters are in use".formatted(index));
        }
        if (before != null) {
            before.blocks.put(index, new Table(0, ByteBuffer.allocate(clusterBytes())));
        }
        set(block, place, 1);
        top.entry(index, block.offset);
        next = place + 1;
        return block;
    }

    private void checkTableLength(long index) throws StorageException {
        long most = Header.MOST_REFCOUNT_TABLE_BYTES / 8;
        if (index >= most) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "the image has no room for more than %d clusters: convert it to one with larger clusters"
                            .formatted(most * blockEntries));
        }
    }

    /** A longer table, in memory: it gets another place together with everything else. */
    private void widen(long index) throws StorageException {
        checkTableLength(index);
        int clusters = (int) (8 * (index + 1) + clusterBytes() - 1 >>> clusterBits);
        ByteBuffer bytes = ByteBuffer.allocate(clusters << clusterBits);
        bytes.put(0, top.bytes, 0, top.bytes.capacity());
        top = new Table(top.offset, bytes);
    }

    /**
     * A longer table, and the blocks that count it, behind everything that the old one counts. They are stable before the header leads
     * there.
     */
    private void grow(long index) throws StorageException {
        int entries = top.bytes.capacity() / 8;
        long first = (long) entries * blockEntries;
        checkTableLength(index);
        long wanted = Math.min(Header.MOST_REFCOUNT_TABLE_BYTES / 8, Math.max(index + 1, entries + entries / 2L));
        int tableClusters = (int) (8 * wanted + clusterBytes() - 1 >>> clusterBits);
        int newBlocks = 1;
        while ((long) newBlocks * blockEntries < tableClusters + newBlocks) {
            newBlocks++;
        }
        if (entries + newBlocks > (tableClusters << clusterBits) / 8) {
            tableClusters += (8 * newBlocks >>> clusterBits) + 1;
        }
        ByteBuffer bytes = ByteBuffer.allocate(tableClusters << clusterBits);
        bytes.put(0, top.bytes, 0, top.bytes.capacity());
        Table longer = new Table(first + newBlocks << clusterBits, bytes);
        for (int i = 0; i < newBlocks; i++) {
            Table block = new Table(first + i << clusterBits, ByteBuffer.allocate(clusterBytes()));
            for (int j = 0; j < blockEntries && (long) i * blockEntries + j < newBlocks + tableClusters; j++) {
                width.set(block.bytes, j, 1);
            }
            image.write(block.offset, block.bytes.array());
            longer.entry(entries + i, block.offset);
            blocks.put(entries + i, block);
        }
        // Blocks that the old table leads to only in memory have to be there too.
        for (Table block : blocks.values()) {
            writeBlock(block);
        }
        image.write(longer.offset, bytes.array());
        image.flush();
        ByteBuffer header = ByteBuffer.allocate(12);
        header.putLong(longer.offset).putInt(tableClusters);
        image.turn(Header.REFCOUNT_TABLE_AT, header.array());
        longer.changed = false;
        long old = top.offset;
        top = longer;
        for (int i = 0; i < 8 * entries >>> clusterBits; i++) {
            givenUp.add(old + ((long) i << clusterBits));
        }
        next = Math.max(next, first + newBlocks + tableClusters);
    }

    private void writeBlock(Table block) throws StorageException {
        if (block.changed) {
            image.write(block.offset, block.bytes.array());
            block.changed = false;
        }
    }

    private void set(Table block, long cluster, long value) {
        Before then = before;
        if (then != null) {
            then.blocks.computeIfAbsent((int) (cluster / blockEntries), index -> block.copy());
        }
        block.changed = true;
        width.set(block.bytes, (int) (cluster % blockEntries), value);
    }

    long count(long offset) throws StorageException {
        long cluster = offset >>> clusterBits;
        return width.get(block(cluster, false).bytes, (int) (cluster % blockEntries));
    }

    /** A cluster that nobody uses, with a count of 1 from now on. */
    long allocate() throws StorageException {
        for (; ; ) {
            long cluster = next;
            if (take(cluster)) {
                return cluster << clusterBits;
            }
        }
    }

    /** Takes a cluster if it is the next one and free; else looks at the one behind it next time. */
    private boolean take(long cluster) throws StorageException {
        Table block = block(cluster, true);
        if (next != cluster) {
            return false;
        }
        boolean used = width.get(block.bytes, (int) (cluster % blockEntries)) != 0;
        boolean free = !used && !wasUsed(cluster);
        if (used && cluster << clusterBits >= image.bytes() + BEHIND_BYTES) {
            // Else a damaged block would have us look for ever.
            throw Image.corrupt("cluster 0x%x is in use behind the end".formatted(cluster << clusterBits));
        }
        next++;
        if (free) {
            set(block, cluster, 1);
        }
        return free;
    }

    /** Whether the image uses a cluster until the change that is prepared takes hold. */
    private boolean wasUsed(long cluster) {
        Table block = before == null ? null : before.blocks.get((int) (cluster / blockEntries));
        return block != null && width.get(block.bytes, (int) (cluster % blockEntries)) != 0;
    }

    /** More clusters that stand directly behind one that was just allocated. Returns how many, with it. */
    int extend(long offset, int most) throws StorageException {
        long first = offset >>> clusterBits;
        int count = 1;
        while (count < most && next == first + count && take(next)) {
            count++;
        }
        return count;
    }

    /** Clusters one behind the other, each with a count of 1. */
    long allocate(int clusters) throws StorageException {
        for (; ; ) {
            long first = allocate();
            int got = extend(first, clusters);
            if (got == clusters) {
                return first;
            }
            for (int i = 0; i < got; i++) {
                givenUp.add(first + ((long) i << clusterBits));
            }
        }
    }

    /** Room for a compressed cluster, which may share its clusters with others: each counts a use for everything that it touches. */
    long allocateBytes(int bytes) throws StorageException {
        long begun = packed & -clusterBytes();
        if ((packed & clusterBytes() - 1) == 0 || !hasRoom(begun, 1)) {
            return begin(allocate(), bytes);
        }
        if ((packed & clusterBytes() - 1) + bytes > clusterBytes()) {
            long more = allocate();
            if (more != begun + clusterBytes()) {
                return begin(more, bytes);
            }
        }
        retain(begun);
        return begin(packed, bytes);
    }

    private long begin(long offset, int bytes) {
        packed = offset + bytes;
        return offset;
    }

    /** One use more. */
    void retain(long offset) throws StorageException {
        long cluster = offset >>> clusterBits;
        Table block = block(cluster, true);
        long count = width.get(block.bytes, (int) (cluster % blockEntries));
        if (count == 0) {
            throw Image.corrupt("cluster 0x%x is used with a refcount of 0".formatted(offset));
        }
        if (count >= width.most()) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "a cluster is used more than %d times: the image needs wider refcounts (refcountBits)"
                            .formatted(width.most()));
        }
        set(block, cluster, count + 1);
    }

    /** Whether a cluster can be used so many times more. */
    boolean hasRoom(long offset, int more) throws StorageException {
        return count(offset) <= width.most() - more;
    }

    /** One use less. The cluster is free for others once that has been written. */
    void release(long offset) throws StorageException {
        if (count(offset) == 0) {
            throw Image.corrupt("cluster 0x%x is used with a refcount of 0".formatted(offset));
        }
        givenUp.add(offset);
    }

    /** Writes counts that have gone up; what was given up still counts. */
    void write() throws StorageException {
        for (Table block : blocks.values()) {
            writeBlock(block);
        }
        if (top.changed) {
            image.flush();
            image.write(top.offset, top.bytes.array());
            top.changed = false;
        }
    }

    boolean isChanged() {
        return top.changed || blocks.values().stream().anyMatch(block -> block.changed);
    }

    boolean hasGivenUp() {
        return !givenUp.isEmpty();
    }

    /** Nothing in the image leads to what was given up any more, and that is stable. */
    void settle() throws StorageException {
        while (!givenUp.isEmpty()) {
            long offset = givenUp.removeLast();
            long cluster = offset >>> clusterBits;
            if (lower(offset) == 0) {
                next = Math.min(next, cluster);
            }
        }
    }

    /** Returns what the count is now. */
    private long lower(long offset) throws StorageException {
        long cluster = offset >>> clusterBits;
        Table block = block(cluster, false);
        long count = width.get(block.bytes, (int) (cluster % blockEntries));
        if (count == 0) {
            throw Image.corrupt("cluster 0x%x was given up more often than it was used".formatted(offset));
        }
        set(block, cluster, count - 1);
        if (count == 1 && cluster == packed >>> clusterBits) {
            packed = 0;
        }
        return count - 1;
    }

    // A change of much at once

    /** Begins one. Everything has been written. */
    void begin() {
        before = new Before(top, next, packed);
        top = top.copy();
    }

    private Before prepared() {
        return Objects.requireNonNull(before, "no change is prepared");
    }

    /** One use less, as part of the change. */
    void drop(long offset) throws StorageException {
        Before then = prepared();
        if (lower(offset) == 0) {
            then.lowest = Math.min(then.lowest, offset >>> clusterBits);
        }
    }

    /** Writes what the change has changed, at places that the image does not use. */
    void stage() throws StorageException {
        Before then = prepared();
        for (int at = 0; at < then.top.bytes.capacity(); at += clusterBytes()) {
            drop(then.top.offset + at);
        }
        long place = 0;
        int placed = 0;
        // A place for one block may change another, and lengthen the table.
        for (boolean moved = true; moved; ) {
            moved = moveBlocks(then);
            int bytes = top.bytes.capacity();
            if (placed < bytes) {
                for (int at = 0; at < placed; at += clusterBytes()) {
                    drop(place + at);
                }
                place = allocate(bytes >>> clusterBits);
                placed = bytes;
                moved = true;
            }
        }
        for (int index : then.blocks.keySet()) {
            writeBlock(blocks.get(index));
        }
        image.write(place, top.bytes.array());
        top = new Table(place, top.bytes);
    }

    private boolean moveBlocks(Before then) throws StorageException {
        boolean moved = false;
        for (int index : List.copyOf(then.blocks.keySet())) {
            Table block = blocks.get(index);
            if (block.offset == then.blocks.get(index).offset) {
                Table elsewhere = new Table(allocate(), block.bytes);
                elsewhere.changed = true;
                blocks.put(index, elsewhere);
                top.entry(index, elsewhere.offset);
                drop(block.offset);
                moved = true;
            }
        }
        return moved;
    }

    /** Where the table is, and how long. */
    Table table() {
        return top;
    }

    /** The header leads to what was staged. */
    void commit() {
        next = Math.min(next, prepared().lowest);
        before = null;
    }

    /** The header leads to what was there before, and will. */
    void rollBack() {
        Before then = prepared();
        then.blocks.forEach((index, block) -> {
            if (block.offset == 0) {
                blocks.remove(index);
            } else {
                blocks.put(index, block);
            }
        });
        top = then.top;
        next = then.next;
        packed = then.packed;
        givenUp.clear();
        before = null;
    }
}
