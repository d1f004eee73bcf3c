package dev.backplane.device.virtio.net.internal;

import dev.backplane.api.network.Frame;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Remembers by which pair of queues a flow was sent, so that its answers take the same one (5.1.6.5.5). A table of fixed size: two flows may
 * share an entry, which costs nothing but an order of queues. Any thread.
 */
final class Flows {
    private static final int ENTRIES = 1024;
    private static final int NONE = -1;

    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;
    private static final int TCP = 6;
    private static final int UDP = 17;

    private final AtomicIntegerArray pairs = new AtomicIntegerArray(ENTRIES);

    /** A flow was sent by a pair. */
    void sent(Frame frame, int pair) {
        int entry = entry(frame);
        if (entry != NONE) {
            pairs.setPlain(entry, pair);
        }
    }

    /** The pair of a flow; the first for one that is not known, and for what is no IP. */
    int pair(Frame frame) {
        int entry = entry(frame);
        return entry == NONE ? 0 : pairs.getPlain(entry);
    }

    void forget() {
        for (int i = 0; i < ENTRIES; i++) {
            pairs.setPlain(i, 0);
        }
    }

    /** The same for both directions. */
    private static int entry(Frame frame) {
        MemorySegment bytes = frame.memory();
        int length = frame.length();
        if (length < Frame.HEADER_BYTES + 20) {
            return NONE;
        }
        int ip = Frame.HEADER_BYTES;
        int type = u16(bytes, ip - 2);
        int hash;
        int protocol;
        int transport;
        if (type == IPV4) {
            hash = words(bytes, ip + 12, 8);
            protocol = bytes.get(ValueLayout.JAVA_BYTE, ip + 9) & 0xff;
            transport = ip + 4 * (bytes.get(ValueLayout.JAVA_BYTE, ip) & 15);
        } else if (type == IPV6 && length >= ip + 40) {
            hash = words(bytes, ip + 8, 32);
            protocol = bytes.get(ValueLayout.JAVA_BYTE, ip + 6) & 0xff;
            transport = ip + 40;
        } else {
            return NONE;
        }
        if ((protocol == TCP || protocol == UDP) && transport + 4 <= length) {
            hash ^= u16(bytes, transport) ^ u16(bytes, transport + 2);
        }
        hash *= 0x9e37_79b1;
        return hash >>> 22;
    }

    private static int words(MemorySegment bytes, int at, int count) {
        int all = 0;
        for (int i = 0; i < count; i += 2) {
            all ^= u16(bytes, at + i);
        }
        return all;
    }

    private static int u16(MemorySegment bytes, int at) {
        return (bytes.get(ValueLayout.JAVA_BYTE, at) & 0xff) << 8 | bytes.get(ValueLayout.JAVA_BYTE, at + 1) & 0xff;
    }
}
