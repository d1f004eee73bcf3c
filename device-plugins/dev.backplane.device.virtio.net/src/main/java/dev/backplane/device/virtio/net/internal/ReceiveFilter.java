package dev.backplane.device.virtio.net.internal;

import static dev.backplane.device.virtio.net.internal.NetLayout.*;

import dev.backplane.api.network.Frame;
import dev.backplane.device.virtio.net.internal.ControlState.Filter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Which frames a driver wants to receive (5.1.6.5.1 to 5.1.6.5.3). Allocates nothing. */
final class ReceiveFilter {
    // Modes, by the numbers of their commands.
    static final int PROMISCUOUS = 0;
    static final int ALL_MULTICAST = 1;
    static final int ALL_UNICAST = 2;
    static final int NO_MULTICAST = 3;
    static final int NO_UNICAST = 4;
    static final int NO_BROADCAST = 5;

    private static final int VLAN = 0x8100;
    private static final long BROADCAST = 0xffff_ffff_ffffL;

    private ReceiveFilter() {}

    static boolean accepts(ControlState wanted, long features, Frame frame) {
        return acceptsVlan(wanted.filter(), features, frame) && acceptsAddress(wanted, features, frame);
    }

    private static boolean acceptsVlan(Filter wanted, long features, Frame frame) {
        MemorySegment bytes = frame.memory();
        if ((features >>> F_CTRL_VLAN & 1) == 0 || frame.length() < Frame.HEADER_BYTES + 4 || u16(bytes, 12) != VLAN) {
            return true;
        }
        int vlan = u16(bytes, 14) & VLANS - 1;
        return (wanted.vlans()[vlan >>> 6] >>> vlan & 1) != 0;
    }

    private static boolean acceptsAddress(ControlState wanted, long features, Frame frame) {
        Filter filter = wanted.filter();
        if ((features >>> F_CTRL_RX & 1) == 0 || has(filter, PROMISCUOUS)) {
            return true;
        }
        long address = address(frame.memory());
        if (address == BROADCAST) {
            return !has(filter, NO_BROADCAST);
        }
        if ((address >>> 40 & 1) != 0) {
            return !has(filter, NO_MULTICAST)
                    && (has(filter, ALL_MULTICAST)
                            || filter.multicast().overflow()
                            || contains(filter.multicast().addresses(), address));
        }
        return !has(filter, NO_UNICAST)
                && (has(filter, ALL_UNICAST)
                        || filter.unicast().overflow()
                        || contains(wanted.mac(), address)
                        || contains(filter.unicast().addresses(), address));
    }

    private static boolean has(Filter wanted, int mode) {
        return (wanted.modes() >>> mode & 1) != 0;
    }

    private static boolean contains(byte[] table, long address) {
        for (int at = 0; at < table.length; at += MAC_BYTES) {
            long entry = 0;
            for (int i = 0; i < MAC_BYTES; i++) {
                entry = entry << 8 | table[at + i] & 0xff;
            }
            if (entry == address) {
                return true;
            }
        }
        return false;
    }

    private static long address(MemorySegment bytes) {
        return (long) u16(bytes, 0) << 32 | (long) u16(bytes, 2) << 16 | u16(bytes, 4);
    }

    private static int u16(MemorySegment bytes, int at) {
        return (bytes.get(ValueLayout.JAVA_BYTE, at) & 0xff) << 8 | bytes.get(ValueLayout.JAVA_BYTE, at + 1) & 0xff;
    }
}
