package dev.backplane.device.virtio.mem.internal;

import dev.backplane.api.memory.GuestMemory;
import java.util.BitSet;

/**
 * The blocks of the region, and which of them are plugged. Those that are not take no memory of the host's but for what the guest, which must
 * not, has written there since the last {@link #sweep}. Guarded by its monitor.
 */
final class Blocks {
    private final GuestMemory memory;
    private final long address;
    private final long blockBytes;
    private final int count;
    private final BitSet plugged;
    private volatile long pluggedBytes;
    private volatile long sweptBytes;

    Blocks(MemoryOptions options, GuestMemory memory, BitSet plugged) {
        this.memory = memory;
        this.plugged = plugged;
        address = options.address();
        blockBytes = options.block();
        count = options.blocks();
        pluggedBytes = plugged.cardinality() * blockBytes;
    }

    long pluggedBytes() {
        return pluggedBytes;
    }

    synchronized long[] save() {
        return plugged.toLongArray();
    }

    /** The number of the first block, or -1 where not all of them are the region's. The driver may have sent any address. */
    private int first(long gpa, int blocks) {
        long offset = gpa - address;
        if (blocks == 0 || offset < 0 || offset % blockBytes != 0 || offset / blockBytes > count - blocks) {
            return -1;
        }
        return (int) (offset / blockBytes);
    }

    private boolean all(int first, int blocks, boolean plug) {
        int other = plug ? plugged.nextClearBit(first) : plugged.nextSetBit(first);
        return other < 0 || other >= first + blocks;
    }

    /** Plugs blocks that are not; what was requested is not exceeded (5.15.6.2). */
    synchronized int plug(long gpa, int blocks, long requestedBytes) {
        int first = first(gpa, blocks);
        if (first < 0 || !all(first, blocks, false)) {
            return MemoryLayout.ERROR;
        }
        if (pluggedBytes + blocks * blockBytes > requestedBytes) {
            return MemoryLayout.NACK;
        }
        plugged.set(first, first + blocks);
        changed();
        return MemoryLayout.ACK;
    }

    /** Unplugs blocks that are plugged: their memory goes back to the host (5.15.6.3). */
    synchronized int unplug(long gpa, int blocks) {
        int first = first(gpa, blocks);
        if (first < 0 || !all(first, blocks, true)) {
            return MemoryLayout.ERROR;
        }
        memory.release(gpa, blocks * blockBytes);
        plugged.clear(first, first + blocks);
        changed();
        return MemoryLayout.ACK;
    }

    /** Unplugs all; what was written where nothing was plugged goes, too (5.15.6.4). */
    synchronized void unplugAll() {
        memory.release(address, count * blockBytes);
        plugged.clear();
        changed();
    }

    /**
     * Gives back what blocks that are not plugged take nevertheless.
     *
     * @return whether there was any
     */
    synchronized boolean sweep() {
        long bytes = 0;
        for (int from = plugged.nextClearBit(0); from < count; ) {
            int next = plugged.nextSetBit(from);
            int end = next < 0 ? count : next;
            bytes += memory.reclaim(address + from * blockBytes, (end - from) * blockBytes);
            from = plugged.nextClearBit(end);
        }
        sweptBytes += bytes;
        return bytes > 0;
    }

    /** How much {@link #sweep} has found so far. */
    long sweptBytes() {
        return sweptBytes;
    }

    /** Whether blocks are plugged, or -1 where they are not all the region's (5.15.6.5). */
    synchronized int state(long gpa, int blocks) {
        int first = first(gpa, blocks);
        if (first < 0) {
            return -1;
        }
        return all(first, blocks, true)
                ? MemoryLayout.STATE_PLUGGED
                : all(first, blocks, false) ? MemoryLayout.STATE_UNPLUGGED : MemoryLayout.STATE_MIXED;
    }

    private void changed() {
        pluggedBytes = plugged.cardinality() * blockBytes;
    }
}
