package dev.backplane.device.virtio.net.internal;

import static dev.backplane.device.virtio.net.internal.NetLayout.*;

import dev.backplane.api.device.virtio.DescriptorChain;
import dev.backplane.api.network.Offload;
import dev.backplane.api.state.StateException;
import dev.backplane.device.virtio.net.internal.ControlState.Filter;
import dev.backplane.device.virtio.net.internal.ControlState.Table;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Set;

/**
 * What a driver sets by its control queue (5.1.6.5), and the commands by which it does. What it has set is replaced as a whole, so that
 * whoever receives frames reads it without a lock. Commands come on one thread at a time.
 */
final class Controls {
    /** Addresses in each table; where a driver has more, all of their kind are received. */
    static final int MOST_ADDRESSES = 64;

    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort U16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private static final int OK = 0;
    private static final int ERR = 1;

    private static final int RX = 0;
    private static final int MAC = 1;
    private static final int MAC_TABLE_SET = 0;
    private static final int MAC_ADDR_SET = 1;
    private static final int VLAN = 2;
    private static final int VLAN_ADD = 0;
    private static final int VLAN_DEL = 1;
    private static final int ANNOUNCE = 3;
    private static final int ANNOUNCE_ACK = 0;
    private static final int MQ = 4;
    private static final int MQ_PAIRS_SET = 0;
    private static final int GUEST_OFFLOADS = 5;
    private static final int GUEST_OFFLOADS_SET = 0;

    private static final int HEADER_BYTES = 2;
    /** Longer than any command but for tables, which are read in their places. */
    private static final int ARGUMENT_BYTES = 8;

    private final byte[] ownMac;
    private final int mostPairs;
    private final Runnable announced;
    private volatile ControlState state;
    private volatile long features;
    private volatile Set<Offload> receives = Set.of();

    /**
     * As after a reset.
     *
     * @param mac the address by which the device is known
     * @param mostPairs how many pairs of queues it has
     * @param announced called when the driver has made itself known
     */
    Controls(byte[] mac, int mostPairs, Runnable announced) {
        ownMac = mac.clone();
        this.mostPairs = mostPairs;
        this.announced = announced;
        state = atReset();
    }

    /** Everything is received until the driver says otherwise. */
    private ControlState atReset() {
        Filter all = new Filter(1 << ReceiveFilter.PROMISCUOUS, Table.EMPTY, Table.EMPTY, new long[VLANS / Long.SIZE]);
        return new ControlState(ownMac, 1, 0, all);
    }

    void restore(ControlState saved) throws StateException {
        if (saved.mac().length != MAC_BYTES
                || saved.pairs() < 1
                || saved.pairs() > mostPairs
                || !isTable(saved.filter().unicast())
                || !isTable(saved.filter().multicast())
                || saved.filter().vlans().length != VLANS / Long.SIZE) {
            throw new StateException("controls that no driver can have set: %d of %d pairs, an address of %d bytes"
                    .formatted(saved.pairs(), mostPairs, saved.mac().length));
        }
        state = saved;
    }

    private static boolean isTable(Table table) {
        int length = table.addresses().length;
        return length % MAC_BYTES == 0 && length <= MOST_ADDRESSES * MAC_BYTES;
    }

    ControlState state() {
        return state;
    }

    /** The driver is ready, or goes on. */
    void negotiated(long accepted, boolean anew) {
        features = accepted;
        if (anew) {
            state = state.withOffloads(accepted & Offloads.GUEST);
        }
        receives = Offloads.ofDriver(state.offloads() & accepted);
    }

    /** The driver has reset the device. */
    void forget() {
        state = atReset();
        features = 0;
        receives = Set.of();
    }

    long features() {
        return features;
    }

    /** What the device may leave to the driver. */
    Set<Offload> receives() {
        return receives;
    }

    /** Carries a command out; returns how many bytes were written into the chain. */
    long carryOut(DescriptorChain chain) {
        if (chain.readableBytes() < HEADER_BYTES || chain.writableBytes() < 1) {
            // There is nowhere to say what is wrong with it.
            return 0;
        }
        MemorySegment command = MemorySegment.ofArray(new byte[HEADER_BYTES + ARGUMENT_BYTES]);
        int length = (int) Math.min(command.byteSize(), chain.readableBytes());
        chain.read(0, command.asSlice(0, length));
        int kind = command.get(ValueLayout.JAVA_BYTE, 0) & 0xff;
        int number = command.get(ValueLayout.JAVA_BYTE, 1) & 0xff;
        MemorySegment argument = command.asSlice(HEADER_BYTES, length - HEADER_BYTES);
        boolean done = carryOut(chain, kind, number, argument);
        chain.write(0, MemorySegment.ofArray(new byte[] {(byte) (done ? OK : ERR)}));
        return 1;
    }

    private boolean carryOut(DescriptorChain chain, int kind, int number, MemorySegment argument) {
        return switch (kind) {
            case RX -> mode(number, argument);
            case MAC ->
                switch (number) {
                    case MAC_TABLE_SET -> has(F_CTRL_RX) && tables(chain);
                    case MAC_ADDR_SET -> has(F_CTRL_MAC_ADDR) && argument.byteSize() >= MAC_BYTES && mac(argument);
                    default -> false;
                };
            case VLAN ->
                has(F_CTRL_VLAN)
                        && (number == VLAN_ADD || number == VLAN_DEL)
                        && argument.byteSize() >= 2
                        && vlan(argument.get(U16, 0) & 0xffff, number == VLAN_ADD);
            case ANNOUNCE -> {
                boolean known = has(F_GUEST_ANNOUNCE) && number == ANNOUNCE_ACK;
                if (known) {
                    announced.run();
                }
                yield known;
            }
            case MQ ->
                has(F_MQ) && number == MQ_PAIRS_SET && argument.byteSize() >= 2 && pairs(argument.get(U16, 0) & 0xffff);
            case GUEST_OFFLOADS ->
                has(F_CTRL_GUEST_OFFLOADS)
                        && number == GUEST_OFFLOADS_SET
                        && argument.byteSize() >= 8
                        && offloads(argument.get(U64, 0));
            default -> false;
        };
    }

    private boolean has(int feature) {
        return (features >>> feature & 1) != 0;
    }

    private boolean mode(int number, MemorySegment argument) {
        int feature = number <= ReceiveFilter.ALL_MULTICAST ? F_CTRL_RX : F_CTRL_RX_EXTRA;
        if (number > ReceiveFilter.NO_BROADCAST || !has(feature) || argument.byteSize() < 1) {
            return false;
        }
        Filter filter = state.filter();
        int bit = 1 << number;
        boolean on = argument.get(ValueLayout.JAVA_BYTE, 0) != 0;
        state = state.with(filter.withModes(on ? filter.modes() | bit : filter.modes() & ~bit));
        return true;
    }

    /** Two tables, each a number of addresses and the addresses (5.1.6.5.2). Numbers are the driver's word. */
    private boolean tables(DescriptorChain chain) {
        long second = end(chain, HEADER_BYTES);
        long end = second == 0 ? 0 : end(chain, second);
        if (end == 0) {
            return false;
        }
        Table unicast = table(chain, HEADER_BYTES, second);
        Table multicast = table(chain, second, end);
        state = state.with(state.filter().withTables(unicast, multicast));
        return true;
    }

    /** Where a table ends; 0 where it is not wholly there. */
    private static long end(DescriptorChain chain, long at) {
        if (chain.readableBytes() < at + 4) {
            return 0;
        }
        MemorySegment count = MemorySegment.ofArray(new byte[4]);
        chain.read(at, count);
        long end = at + 4 + Integer.toUnsignedLong(count.get(U32, 0)) * MAC_BYTES;
        return chain.readableBytes() < end ? 0 : end;
    }

    private static Table table(DescriptorChain chain, long at, long end) {
        long bytes = end - at - 4;
        if (bytes > MOST_ADDRESSES * MAC_BYTES) {
            return new Table(new byte[0], true);
        }
        byte[] addresses = new byte[(int) bytes];
        chain.read(at + 4, MemorySegment.ofArray(addresses));
        return new Table(addresses, false);
    }

    private boolean mac(MemorySegment argument) {
        state = state.withMac(argument.asSlice(0, MAC_BYTES).toArray(ValueLayout.JAVA_BYTE));
        return true;
    }

    private boolean vlan(int vlan, boolean add) {
        if (vlan >= VLANS) {
            return false;
        }
        long[] vlans = state.filter().vlans().clone();
        long bit = 1L << vlan;
        vlans[vlan >>> 6] = add ? vlans[vlan >>> 6] | bit : vlans[vlan >>> 6] & ~bit;
        state = state.with(state.filter().withVlans(vlans));
        return true;
    }

    private boolean pairs(int count) {
        if (count < 1 || count > mostPairs) {
            return false;
        }
        state = state.withPairs(count);
        return true;
    }

    /** A subset of what was negotiated. */
    private boolean offloads(long wanted) {
        if ((wanted & ~(features & Offloads.GUEST)) != 0) {
            return false;
        }
        state = state.withOffloads(wanted);
        receives = Offloads.ofDriver(wanted);
        return true;
    }
}
