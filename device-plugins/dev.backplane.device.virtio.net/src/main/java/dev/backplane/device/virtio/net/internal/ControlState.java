package dev.backplane.device.virtio.net.internal;

/**
 * What a driver has set by its control queue (5.1.6.5). Not to be changed, its arrays neither.
 *
 * @param mac its address
 * @param pairs how many pairs of queues it uses
 * @param offloads what it is ready to receive, feature bits
 * @param filter which frames it wants
 */
record ControlState(byte[] mac, int pairs, long offloads, Filter filter) {
    /**
     * Which frames a driver wants.
     *
     * @param modes modes of reception, a bit each by the number of its command
     * @param unicast the addresses of its table
     * @param multicast the addresses of its table
     * @param vlans the VLANs that it receives, a bit each
     */
    record Filter(int modes, Table unicast, Table multicast, long[] vlans) {
        Filter withModes(int other) {
            return new Filter(other, unicast, multicast, vlans);
        }

        Filter withTables(Table one, Table many) {
            return new Filter(modes, one, many, vlans);
        }

        Filter withVlans(long[] other) {
            return new Filter(modes, unicast, multicast, other);
        }
    }

    /**
     * Addresses.
     *
     * @param addresses six bytes each
     * @param overflow whether there were more than it keeps: it has none then, and stands for all
     */
    record Table(byte[] addresses, boolean overflow) {
        static final Table EMPTY = new Table(new byte[0], false);
    }

    ControlState withMac(byte[] other) {
        return new ControlState(other, pairs, offloads, filter);
    }

    ControlState withPairs(int other) {
        return new ControlState(mac, other, offloads, filter);
    }

    ControlState withOffloads(long other) {
        return new ControlState(mac, pairs, other, filter);
    }

    ControlState with(Filter other) {
        return new ControlState(mac, pairs, offloads, other);
    }
}
