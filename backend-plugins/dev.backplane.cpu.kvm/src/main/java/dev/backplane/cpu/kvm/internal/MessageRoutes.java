package dev.backplane.cpu.kvm.internal;

import dev.backplane.natives.HostException;
import dev.backplane.natives.event.EventCounter;
import dev.backplane.natives.kvm.KvmRoute;
import dev.backplane.natives.kvm.KvmVm;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * The ways of interrupt messages into the host's local APICs.
 *
 * <p>The I/O APICs are the board's, which has to hear of the end of each level-triggered interrupt. KVM tells it for vectors
 * that a route of one of the reserved numbers names. So each vector has a number of its own, whose route is made when its first
 * level-triggered message comes: to every local APIC, since only the match with the one that ends it matters. Numbers above
 * belong to event counters.
 */
final class MessageRoutes {
    /** Numbers reserved for I/O APICs, one for each legal vector; KVM keeps this count in eight bits. */
    static final int RESERVED = 240;

    private static final int VECTORS = 256;
    private static final int FIRST_VECTOR = 16;

    private static final int MOST = 4096;
    private static final int LEVEL = 1 << 15;
    private static final long TO_EVERYBODY = 0xfeef_f000L;

    private final KvmVm vm;
    private final List<KvmRoute> routes = new ArrayList<>();
    private final BitSet counters = new BitSet();
    private volatile long[] levelVectors = new long[VECTORS / Long.SIZE];

    MessageRoutes(KvmVm vm) {
        this.vm = vm;
    }

    /** Sends a message. Any thread; allocates nothing but for a vector's first level-triggered one. */
    void send(long address, int data) throws HostException {
        int vector = data & 0xff;
        if ((data & LEVEL) != 0 && vector >= FIRST_VECTOR && (levelVectors[vector >>> 6] >>> vector & 1) == 0) {
            hearEndsOf(vector);
        }
        vm.signalMessage(address, data);
    }

    /** The ends of interrupts that were in service when a state was saved concern the board, too. */
    void hearEndsOf(long[] vectors) throws HostException {
        for (int vector = FIRST_VECTOR; vector < VECTORS; vector++) {
            if ((vectors[vector >>> 6] >>> vector & 1) != 0) {
                hearEndsOf(vector);
            }
        }
    }

    private synchronized void hearEndsOf(int vector) throws HostException {
        long[] now = levelVectors.clone();
        long bit = 1L << vector;
        if ((now[vector >>> 6] & bit) == 0) {
            now[vector >>> 6] |= bit;
            routes.add(new KvmRoute(vector - FIRST_VECTOR, TO_EVERYBODY, LEVEL | vector));
            vm.setRoutes(routes);
            levelVectors = now;
        }
    }

    /**
     * Lets a counter's signals send a message, without a thread of this process.
     *
     * @return the number to disconnect it with
     */
    synchronized int connect(EventCounter counter, long address, int data) throws HostException {
        int number = RESERVED + counters.nextClearBit(0);
        if (number >= MOST) {
            throw new IllegalStateException("%d counters send interrupts already: expected fewer than %d"
                    .formatted(counters.cardinality(), MOST - RESERVED));
        }
        routes.add(new KvmRoute(number, address, data));
        vm.setRoutes(routes);
        vm.connectInterrupt(counter, number);
        counters.set(number - RESERVED);
        return number;
    }

    /** Ends that. */
    synchronized void disconnect(EventCounter counter, int number) throws HostException {
        vm.disconnectInterrupt(counter, number);
        counters.clear(number - RESERVED);
        routes.removeIf(route -> route.number() == number);
        vm.setRoutes(routes);
    }
}
