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
    private static final long OFFSET = 0x00ff_ffff_ffff_fe00L;

    private final Image image;
    private final int clusterBits;
    private final int order;
    private final int blockEntries;
    private final Table top;
    private final Map<Integer, Table> blocks = new HashMap<>();
    private final List<Long> givenUp = new ArrayList<>();
    private long next;

    Refcounts(Image image, Header header) throws StorageException {
        this.image = image;
        clusterBits = header.clusterBits();
        order = header.refcountOrder();
        blockEntries = 1 << clusterBits + 3 - order;
        ByteBuffer table = image.read(header.refcountTableOffset(), header.refcountTableClusters() << clusterBits);
        top = new Table(header.refcountTableOffset(), table);
    }

    private Table block(long cluster, boolean make) throws StorageException {
        long index = cluster / blockEntries;
        if (index >= top.bytes.capacity() / 8) {
            throw new StorageException(
                    Kind.UNSUPPORTED,
                    "the refcount table has no room for more than %d clusters: convert the image to a larger one"
                            .formatted((long) top.bytes.capacity() / 8 * blockEntries));
        }
        Table known = blocks.get((int) index);
        if (known != null) {
            return known;
        }
        long offset = top.entry((int) index) & OFFSET;
        Table block;
        if (offset != 0) {
            if (offset % (1 << clusterBits) != 0 || offset >= image.bytes()) {
                throw Image.corrupt("a refcount block at 0x%x".formatted(offset));
            }
            block = new Table(offset, image.read(offset, 1 << clusterBits));
        } else if (make) {
            block = make((int) index);
        } else {
            return new Table(0, ByteBuffer.allocate(1 << clusterBits));
        }
        blocks.put((int) index, block);
        return block;
    }

    /** A new block describes itself: its first free cluster holds it. */
    private Table make(int index) throws StorageException {
        long first = (long) index * blockEntries;
        long place = Math.max(first, next);
        Table block = new Table(place << clusterBits, ByteBuffer.allocate(1 << clusterBits));
        if (place / blockEntries != index) {
            throw Image.corrupt("refcount block %d is missing although its clusters are in use".formatted(index));
        }
        set(block, (int) (place - first), 1);
        top.entry(index, block.offset);
        next = place + 1;
        return block;
    }

    private long get(Table block, int index) {
        ByteBuffer bytes = block.bytes;
        return switch (order) {
            case 0, 1, 2 -> bytes.get(index << order >> 3) >> (index << order & 7) & (1 << (1 << order)) - 1;
            case 3 -> bytes.get(index) & 0xff;
            case 4 -> bytes.getShort(2 * index) & 0xffff;
            case 5 -> bytes.getInt(4 * index) & 0xffff_ffffL;
            default -> bytes.getLong(8 * index);
        };
    }

    private void set(Table block, int index, long value) {
        ByteBuffer bytes = block.bytes;
        block.changed = true;
        switch (order) {
            case 0, 1, 2 -> {
                int at = index << order >> 3;
                int shift = index << order & 7;
                int mask = (1 << (1 << order)) - 1 << shift;
                bytes.put(at, (byte) (bytes.get(at) & ~mask | (int) value << shift));
            }
            case 3 -> bytes.put(index, (byte) value);
            case 4 -> bytes.putShort(2 * index, (short) value);
            case 5 -> bytes.putInt(4 * index, (int) value);
            default -> bytes.putLong(8 * index, value);
        }
    }

    long count(long offset) throws StorageException {
        long cluster = offset >>> clusterBits;
        return get(block(cluster, false), (int) (cluster % blockEntries));
    }

    /** A cluster that nobody uses, with a count of 1 from now on. */
    long allocate() throws StorageException {
        for (; ; ) {
            long cluster = next;
            Table block = block(cluster, true);
            if (next != cluster) {
                continue;
            }
            next++;
            int index = (int) (cluster % blockEntries);
            if (get(block, index) == 0) {
                set(block, index, 1);
                return cluster << clusterBits;
            }
            if (cluster << clusterBits >= image.bytes()) {
                // Else a damaged block would have us look for ever.
                throw Image.corrupt("cluster 0x%x is in use behind the end".formatted(cluster << clusterBits));
            }
        }
    }

    /** One use less. The cluster is free for others once that has been written. */
    void release(long offset) throws StorageException {
        long cluster = offset >>> clusterBits;
        Table block = block(cluster, false);
        int index = (int) (cluster % blockEntries);
        long count = get(block, index);
        if (count == 0) {
            throw Image.corrupt("cluster 0x%x is used with a refcount of 0".formatted(offset));
        }
        givenUp.add(offset);
    }

    /** Writes counts that have gone up; what was given up still counts. */
    void write() throws StorageException {
        for (Table block : blocks.values()) {
            if (block.changed) {
                image.write(block.offset, block.bytes.array());
                block.changed = false;
            }
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
            set(block, index, get(block, index) - 1);
            if (get(block, index) == 0) {
                next = Math.min(next, cluster);
            }
        }
        givenUp.clear();
        return true;
    }
}
