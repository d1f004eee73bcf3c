package dev.backplane.network.user.internal;

import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts fragments together (RFC 791 3.2, RFC 8200 4.5). Few packets at a time, each in a buffer for the longest one, which is
 * used again: a guest that sends fragments only ever makes us forget other fragments. Fragments that overlap void their
 * packet (RFC 5722), also in IPv4: they are no accident.
 */
final class Reassembly {
    static final int MOST_PACKETS = 4;
    private static final int MOST_BYTES = 65_535;
    private static final int BLOCK = 8;
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(15);

    private final @Nullable Partial[] partials = new Partial[MOST_PACKETS];
    private final LongSupplier clock;

    Reassembly(LongSupplier clock) {
        this.clock = clock;
    }

    /** A packet that is not yet whole. */
    private static final class Partial {
        final byte[] bytes = new byte[MOST_BYTES + BLOCK];
        final BitSet blocks = new BitSet(bytes.length / BLOCK);
        boolean used;
        boolean v6;
        long sourceHigh;
        long sourceLow;
        long targetHigh;
        long targetLow;
        int protocol;
        int id;
        /** Its whole length, or -1 while the last fragment is missing. */
        int length;

        int furthest;
        long since;

        boolean belongs(Packet packet, int toId) {
            return used
                    && v6 == packet.v6
                    && id == toId
                    && sourceHigh == packet.sourceHigh
                    && sourceLow == packet.sourceLow
                    && targetHigh == packet.targetHigh
                    && targetLow == packet.targetLow
                    // In IPv6 the first fragment alone decides what follows.
                    && (v6 || protocol == packet.protocol);
        }

        void begin(Packet packet, int withId, long now) {
            used = true;
            blocks.clear();
            v6 = packet.v6;
            sourceHigh = packet.sourceHigh;
            sourceLow = packet.sourceLow;
            targetHigh = packet.targetHigh;
            targetLow = packet.targetLow;
            protocol = packet.protocol;
            id = withId;
            length = -1;
            furthest = 0;
            since = now;
        }

        /** Puts a fragment in its place; false where it has none. */
        boolean put(Packet packet, int offset, boolean more) {
            int bytesOfIt = packet.length();
            int to = offset + bytesOfIt;
            if (bytesOfIt == 0 || to > MOST_BYTES || more && bytesOfIt % BLOCK != 0) {
                return false;
            }
            int first = offset / BLOCK;
            int beyond = (to + BLOCK - 1) / BLOCK;
            int overlap = blocks.nextSetBit(first);
            if (overlap >= 0 && overlap < beyond) {
                return false;
            }
            if (length >= 0 && (to > length || !more) || !more && to < furthest) {
                return false;
            }
            if (!more) {
                length = to;
            }
            furthest = Math.max(furthest, to);
            if (offset == 0) {
                protocol = packet.protocol;
            }
            blocks.set(first, beyond);
            System.arraycopy(packet.bytes, packet.payload, bytes, offset, bytesOfIt);
            return true;
        }

        boolean isWhole() {
            return length >= 0 && blocks.nextClearBit(0) >= (length + BLOCK - 1) / BLOCK;
        }
    }

    /**
     * Takes a fragment.
     *
     * @param packet its headers are checked; becomes the whole packet where this was the last fragment
     * @param id which packet it belongs to
     * @param offset where its payload belongs, in bytes
     * @param more whether others follow behind it
     * @return whether the packet is whole
     */
    boolean add(Packet packet, int id, int offset, boolean more) {
        Partial partial = find(packet, id);
        if (!partial.put(packet, offset, more)) {
            partial.used = false;
            return false;
        }
        if (!partial.isWhole()) {
            return false;
        }
        partial.used = false;
        // Its bytes stay as they are until the next fragment arrives, which is after this packet has been seen to.
        packet.bytes = partial.bytes;
        packet.protocol = partial.protocol;
        packet.header = -1;
        packet.payload = 0;
        packet.end = partial.length;
        packet.checksumGood = false;
        return true;
    }

    /** The one that it belongs to, or else one that is free, too old, or the oldest. */
    private Partial find(Packet packet, int id) {
        long now = clock.getAsLong();
        int oldest = 0;
        for (int i = 0; i < MOST_PACKETS; i++) {
            Partial each = partials[i];
            if (each == null) {
                each = new Partial();
                partials[i] = each;
            }
            if (each.used && now - each.since > PATIENCE_NANOS) {
                each.used = false;
            }
            if (each.belongs(packet, id)) {
                return each;
            }
            if (!each.used || partials[oldest].used && each.since - partials[oldest].since < 0) {
                oldest = i;
            }
        }
        partials[oldest].begin(packet, id, now);
        return partials[oldest];
    }
}
