package dev.backplane.network.user.internal;

import org.jspecify.annotations.Nullable;

/**
 * A bounded number of flows, found by their addresses and ports without garbage, in the order of their last use. Whoever adds
 * one to a full table removes another first.
 *
 * @param <F> the flows
 */
final class FlowTable<F extends Flow> {
    private final @Nullable Flow[] buckets;
    private final int capacity;
    /** So that a guest cannot choose ports that share a bucket. */
    private final long seed;

    private int size;
    private @Nullable Flow oldest;
    private @Nullable Flow newest;

    FlowTable(int capacity, long seed) {
        this.capacity = capacity;
        this.seed = seed;
        this.buckets = new Flow[Integer.highestOneBit(Math.max(1, capacity)) << 1];
    }

    int size() {
        return size;
    }

    boolean isFull() {
        return size >= capacity;
    }

    /** The flow that a packet belongs to, by the ports that it carries. */
    @Nullable
    F find(Packet packet, int guestPort, int peerPort) {
        return find(packet.sourceHigh, packet.sourceLow, guestPort, packet.targetHigh, packet.targetLow, peerPort);
    }

    @Nullable
    F find(Address guest, int guestPort, Address peer, int peerPort) {
        return find(guest.high(), guest.low(), guestPort, peer.high(), peer.low(), peerPort);
    }

    private @Nullable F find(long guestHigh, long guestLow, int guestPort, long peerHigh, long peerLow, int peerPort) {
        Flow each = buckets[bucket(guestLow, guestPort, peerHigh, peerLow, peerPort)];
        while (each != null
                && !(each.guestPort == guestPort
                        && each.peerPort == peerPort
                        && each.guest.is(guestHigh, guestLow)
                        && each.peer.is(peerHigh, peerLow))) {
            each = each.nextInBucket;
        }
        return cast(each);
    }

    /** Adds a flow that is not in the table yet, as the newest. */
    void add(F flow, long now) {
        if (isFull()) {
            throw new IllegalStateException("a table of " + capacity + " flows is full");
        }
        int bucket = bucket(flow);
        flow.nextInBucket = buckets[bucket];
        buckets[bucket] = flow;
        size++;
        flow.usedAt = now;
        append(flow);
    }

    void remove(F flow) {
        int bucket = bucket(flow);
        Flow before = null;
        Flow each = buckets[bucket];
        while (each != null && each != flow) {
            before = each;
            each = each.nextInBucket;
        }
        if (each == null) {
            return;
        }
        if (before == null) {
            buckets[bucket] = flow.nextInBucket;
        } else {
            before.nextInBucket = flow.nextInBucket;
        }
        flow.nextInBucket = null;
        unlink(flow);
        size--;
    }

    /** Notes that something happened. */
    void touch(F flow, long now) {
        flow.usedAt = now;
        if (flow != newest) {
            unlink(flow);
            append(flow);
        }
    }

    /** The one that was not used for the longest time. */
    @Nullable
    F oldest() {
        return cast(oldest);
    }

    /** The one that was used next. Ask before a flow is removed. */
    @Nullable
    F after(F flow) {
        return cast(flow.newer);
    }

    private void append(Flow flow) {
        flow.older = newest;
        flow.newer = null;
        if (newest == null) {
            oldest = flow;
        } else {
            newest.newer = flow;
        }
        newest = flow;
    }

    private void unlink(Flow flow) {
        if (flow.older == null) {
            oldest = flow.newer;
        } else {
            flow.older.newer = flow.newer;
        }
        if (flow.newer == null) {
            newest = flow.older;
        } else {
            flow.newer.older = flow.older;
        }
        flow.older = null;
        flow.newer = null;
    }

    private int bucket(Flow flow) {
        return bucket(flow.guest.low(), flow.guestPort, flow.peer.high(), flow.peer.low(), flow.peerPort);
    }

    private int bucket(long guestLow, int guestPort, long peerHigh, long peerLow, int peerPort) {
        long mixed = seed ^ guestLow;
        mixed = (mixed ^ mixed >>> 29) * 0xbf58476d1ce4e5b9L + peerHigh;
        mixed = (mixed ^ mixed >>> 31) * 0x94d049bb133111ebL + peerLow;
        mixed = (mixed ^ mixed >>> 30) * 0xbf58476d1ce4e5b9L + ((long) guestPort << 16 | peerPort);
        mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
        return (int) (mixed >>> 32) & buckets.length - 1;
    }

    /** There are no others in the table. */
    @SuppressWarnings("unchecked")
    private @Nullable F cast(@Nullable Flow flow) {
        return (F) flow;
    }
}
