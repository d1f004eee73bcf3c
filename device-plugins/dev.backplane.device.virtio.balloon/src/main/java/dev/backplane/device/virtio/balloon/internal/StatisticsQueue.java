package dev.backplane.device.virtio.balloon.internal;

import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.device.virtio.Virtqueue;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Statistics of the guest's (5.5.6.3): the driver sends a buffer with them at the start, and the next one when it gets that back. So a
 * buffer stays here until it is time to ask again. Guarded by its monitor.
 */
final class StatisticsQueue {
    /** There are 16 tags so far. */
    private static final int MOST_ENTRIES = 64;

    private Map<String, Long> latest = Map.of();
    private @Nullable Virtqueue queue;
    private @Nullable DescriptorChain held;

    /** A driver that has such a queue, or none. */
    synchronized void connect(@Nullable Virtqueue active) {
        queue = active;
    }

    /** Buffers may have come. A driver that sends several at once has all but the last back. */
    synchronized void process() {
        Virtqueue from = queue;
        if (from == null) {
            return;
        }
        for (DescriptorChain chain = from.next(); chain != null; chain = from.next()) {
            giveBack();
            latest = read(chain);
            held = chain;
        }
    }

    /** Asks for the next statistics. */
    synchronized void ask() {
        giveBack();
    }

    /** The queue goes: nothing of it stays here. */
    synchronized void disconnect() {
        giveBack();
        queue = null;
    }

    private void giveBack() {
        DescriptorChain chain = held;
        Virtqueue to = queue;
        held = null;
        if (chain != null && to != null) {
            to.complete(chain, 0);
        }
    }

    private static Map<String, Long> read(DescriptorChain chain) {
        int entries = (int) Math.min(chain.readableBytes() / BalloonLayout.STATISTIC_BYTES, MOST_ENTRIES);
        byte[] bytes = new byte[entries * BalloonLayout.STATISTIC_BYTES];
        chain.read(0, MemorySegment.ofArray(bytes));
        ByteBuffer little = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        Map<String, Long> read = new TreeMap<>();
        for (int i = 0; i < entries; i++) {
            int tag = little.getShort() & 0xffff;
            long value = little.getLong();
            if (tag < BalloonLayout.STATISTICS.size()) {
                read.put(BalloonLayout.STATISTICS.get(tag), value);
            }
        }
        return read;
    }

    synchronized Map<String, Long> latest() {
        return latest;
    }
}
