package dev.backplane.network.vswitch.internal;

import dev.backplane.api.network.Frame;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * One switch: a frame goes to the port at which its receiver was seen, or to all. Frames are copied into the queue of the other port on the
 * sender's thread; a queue that is full loses them, since one guest that stands may not make the others stand. Any thread.
 */
final class Switch {
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** Between neighbours, and never passed on: 01-80-C2-00-00-00 to 0F (IEEE 802.1Q, 8.6.3). */
    private static final long LINK_LOCAL = 0x0180_c200_0000L;

    private static final long LINK_LOCAL_MASK = ~0xfL;

    private final List<SwitchPort> ports = new CopyOnWriteArrayList<>();
    private final AddressTable addresses = new AddressTable();

    void attach(SwitchPort port) {
        if (!ports.contains(port)) {
            ports.add(port);
            addresses.add(port);
        }
    }

    void detach(SwitchPort port) {
        ports.remove(port);
        addresses.forget(port);
    }

    boolean isEmpty() {
        return ports.isEmpty();
    }

    long[] known(SwitchPort port) {
        return addresses.of(port);
    }

    void forward(SwitchPort from, Frame frame) {
        if (frame.length() < Frame.HEADER_BYTES) {
            return;
        }
        long to = address(frame.memory(), 0);
        if ((to & LINK_LOCAL_MASK) == LINK_LOCAL) {
            return;
        }
        addresses.seen(address(frame.memory(), 6), from);
        SwitchPort known = addresses.port(to);
        if (known == from) {
            return;
        }
        if (known != null) {
            known.deliver(frame);
            return;
        }
        for (SwitchPort each : ports) {
            if (each != from) {
                each.deliver(frame);
            }
        }
    }

    private static long address(MemorySegment bytes, int at) {
        return (bytes.get(U16, at) & 0xffffL) << 32 | bytes.get(U32, at + 2) & 0xffff_ffffL;
    }
}
