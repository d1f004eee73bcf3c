package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How often each cluster is used. Changes are kept until {@link #write}. The layer's monitor guards it.
 *
 * <p>What is given up is not handed out again before it has been written that nothing leads there any more.
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
            grow(index);
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
        set(block, (int) (place - first), 1);
        top.entry(index, block.offset);
        next = place + 1;
        return block;
    }

    /**
     * A longer table, and the blocks that count it, behind everything that the old one counts. They are stable before the header leads
     * there.
     */
    private void grow(long index) throws StorageException {
        int entries = top.bytes.capacity() / 8;
        long first = (long) entries * blockEntries;
        long most = Header.MOST_REFCOUNT_TABLE_BYTES / 8;
        if (index >= most) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "the image has no room for more than %d clusters: convert it to one with larger clusters"
                            .formatted(most * blockEntries));
        }
        long wanted = Math.min(most, Math.max(index + 1, entries + entries / 2L));
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
        image.write(Header.REFCOUNT_TABLE_AT, header.array());
        image.flush();
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

    private void set(Table block, int index, long value) {
        block.changed = true;
        width.set(block.bytes, index, value);
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
        int index = (int) (cluster % blockEntries);
        boolean free = width.get(block.bytes, index) == 0;
        if (!free && cluster << clusterBits >= image.bytes() + BEHIND_BYTES) {
            // Else a damaged block would have us look for ever.
            throw Image.corrupt("cluster 0x%x is in use behind the end".formatted(cluster << clusterBits));
        }
        next++;
        if (free) {
            set(block, index, 1);
        }
        return free;
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
        int index = (int) (cluster % blockEntries);
        long count = width.get(block.bytes, index);
        if (count == 0) {
            throw Image.corrupt("cluster 0x%x is used with a refcount of 0".formatted(offset));
        }
        if (count >= width.most()) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "a cluster is used more than %d times: the image needs wider refcounts (refcountBits)"
                            .formatted(width.most()));
        }
        set(block, index, count + 1);
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

    /** Nothing in the image leads to what was given up any more. Returns whether there was anything. */
    boolean settle() throws StorageException {
        if (givenUp.isEmpty()) {
            return false;
        }
        for (long offset : givenUp) {
            long cluster = offset >>> clusterBits;
            Table block = block(cluster, false);
            int index = (int) (cluster % blockEntries);
            long count = width.get(block.bytes, index);
            if (count == 0) {
                throw Image.corrupt("cluster 0x%x was given up more often than it was used".formatted(offset));
            }
            set(block, index, count - 1);
            if (count == 1) {
                if (cluster == packed >>> clusterBits) {
                    packed = 0;
                }
                next = Math.min(next, cluster);
            }
        }
        givenUp.clear();
        return true;
    }
}
