package dev.backplane.network.vswitch.internal;

import org.jspecify.annotations.Nullable;

/** Addresses to ports: a hash table with open addresses, so that a look-up allocates nothing. For one thread at a time. */
final class PortMap {
    private static final int FIRST = 256;

    private long[] addresses = new long[FIRST];
    private @Nullable SwitchPort[] ports = new SwitchPort[FIRST];
    private int size;

    @Nullable
    SwitchPort get(long address) {
        return ports[find(address)];
    }

    void put(long address, SwitchPort port) {
        if (2 * size >= ports.length) {
            grow();
        }
        int at = find(address);
        if (ports[at] == null) {
            size++;
        }
        addresses[at] = address;
        ports[at] = port;
    }

    void remove(long address) {
        int hole = find(address);
        if (ports[hole] == null) {
            return;
        }
        size--;
        ports[hole] = null;
        // Whoever was pushed aside by what stood here moves up.
        int mask = ports.length - 1;
        for (int at = hole + 1 & mask; ports[at] != null; at = at + 1 & mask) {
            int home = home(addresses[at]);
            if ((at - home & mask) >= (at - hole & mask)) {
                addresses[hole] = addresses[at];
                ports[hole] = ports[at];
                ports[at] = null;
                hole = at;
            }
        }
    }

    private void grow() {
        long[] oldAddresses = addresses;
        @Nullable SwitchPort[] oldPorts = ports;
        addresses = new long[2 * oldAddresses.length];
        ports = new SwitchPort[addresses.length];
        for (int i = 0; i < oldPorts.length; i++) {
            if (oldPorts[i] != null) {
                int at = find(oldAddresses[i]);
                addresses[at] = oldAddresses[i];
                ports[at] = oldPorts[i];
            }
        }
    }

    /** Where an address is, or would be. */
    private int find(long address) {
        int at = home(address);
        while (ports[at] != null && addresses[at] != address) {
            at = at + 1 & ports.length - 1;
        }
        return at;
    }

    private int home(long address) {
        return (int) (address * 0x9e37_79b9_7f4a_7c15L >>> 40) & ports.length - 1;
    }
}
