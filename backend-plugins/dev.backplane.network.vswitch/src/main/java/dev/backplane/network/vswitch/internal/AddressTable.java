package dev.backplane.network.vswitch.internal;

import org.jspecify.annotations.Nullable;

/**
 * Which address is at which port. A port may hold {@value #OF_ONE_PORT} addresses, and loses the one that was seen first for one more: a
 * guest that makes addresses up drives out its own, not its neighbours'. Any thread.
 */
final class AddressTable {
    static final int OF_ONE_PORT = 64;

    private static final long MULTICAST = 1L << 40;

    private final PortMap ports = new PortMap();

    /** The port of an address; null where it is not known, or is for several. */
    synchronized @Nullable SwitchPort port(long address) {
        return ports.get(address);
    }

    /** An address was seen as a sender at a port. */
    synchronized void seen(long address, SwitchPort at) {
        SwitchPort before = ports.get(address);
        if ((address & MULTICAST) != 0 || before == at) {
            return;
        }
        ports.put(address, at);
        if (before != null) {
            before.addresses().remove(address);
        }
        var own = at.addresses();
        own.add(address);
        if (own.size() > OF_ONE_PORT) {
            ports.remove(own.removeFirst());
        }
    }

    /** A port has gone. */
    synchronized void forget(SwitchPort port) {
        for (long address : port.addresses()) {
            if (ports.get(address) == port) {
                ports.remove(address);
            }
        }
    }

    /** A port is back with what it knew; what has been seen elsewhere since is not there any more. */
    synchronized void add(SwitchPort port) {
        for (Long address : port.addresses().toArray(Long[]::new)) {
            if (ports.get(address) == null) {
                ports.put(address, port);
            } else {
                port.addresses().remove(address);
            }
        }
    }

    /** What a port knows. */
    synchronized long[] of(SwitchPort port) {
        return port.addresses().stream().mapToLong(Long::longValue).toArray();
    }
}
