package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.MessageWire;
import dev.backplane.natives.HostException;
import dev.backplane.natives.event.EventCounter;
import dev.backplane.natives.event.HostEvents;
import dev.backplane.natives.kvm.KvmRoute;
import dev.backplane.natives.kvm.KvmVm;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * The ways of interrupt messages into the host's local APICs: by a call for each (KVM_SIGNAL_MSI), or by an event counter that is a wire
 * for one message (KVM_IRQFD).
 *
 * <p>The I/O APICs are the board's, which has to hear of the end of each level-triggered interrupt. KVM tells it for vectors
 * that a route of one of the reserved numbers names. So each vector has a number of its own, whose route is made when its first
 * level-triggered message comes: to every local APIC, since only the match with the one that ends it matters. Numbers above
 * belong to wires.
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
    private final HostEvents events;
    private final System.Logger logger;
    private final TreeMap<Integer, KvmRoute> routes = new TreeMap<>();
    private final BitSet taken = new BitSet();
    private final List<Wire> wires = new ArrayList<>();
    private final LongAdder sent = new LongAdder();
    private boolean refusalTold;
    private volatile long[] levelVectors = new long[VECTORS / Long.SIZE];

    MessageRoutes(KvmVm vm, HostEvents events, System.Logger logger) {
        this.vm = vm;
        this.events = events;
        this.logger = logger;
    }

    /** Sends a message. Any thread; allocates nothing but for a vector's first level-triggered one. */
    void send(long address, int data) throws HostException {
        int vector = data & 0xff;
        if ((data & LEVEL) != 0 && vector >= FIRST_VECTOR && (levelVectors[vector >>> 6] >>> vector & 1) == 0) {
            hearEndsOf(vector);
        }
        sent.increment();
        vm.signalMessage(address, data);
    }

    /** How many messages took a call. */
    long sent() {
        return sent.sum();
    }

    /** How many wires there are. */
    synchronized int wires() {
        return wires.size();
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
            lead(vector - FIRST_VECTOR, TO_EVERYBODY, LEVEL | vector);
            levelVectors = now;
        }
    }

    /** Where a number leads from now on; where the host refuses, it leads where it led. */
    private void lead(int number, long address, int data) throws HostException {
        KvmRoute before = routes.put(number, new KvmRoute(number, address, data));
        try {
            vm.setRoutes(List.copyOf(routes.values()));
        } catch (HostException e) {
            if (before == null) {
                routes.remove(number);
            } else {
                routes.put(number, before);
            }
            throw e;
        }
    }

    /** A wire that leads nowhere yet; empty where there are no more of them. */
    synchronized Optional<MessageWire> wire() {
        int number = taken.nextClearBit(RESERVED);
        if (number >= MOST) {
            return refused("%d wires are all that KVM has".formatted(MOST - RESERVED));
        }
        try {
            Wire wire = new Wire(number, events.counter());
            taken.set(number);
            wires.add(wire);
            return Optional.of(wire);
        } catch (HostException e) {
            return refused(String.valueOf(e.getMessage()));
        }
    }

    private Optional<MessageWire> refused(String why) {
        if (!refusalTold) {
            refusalTold = true;
            logger.log(System.Logger.Level.WARNING, "more interrupts take a call each, which is slower: {0}", why);
        }
        return Optional.empty();
    }

    /** Ends all wires; there may be others afterwards. */
    void endWires() {
        List<Wire> all;
        synchronized (this) {
            all = List.copyOf(wires);
        }
        all.forEach(Wire::close);
    }

    /** A counter whose signals send a message without a thread of this process. */
    private final class Wire implements MessageWire {
        private static final int ENDED = 1 << 31;

        private final int number;
        private final EventCounter counter;
        /** How many threads signal at the moment, and whether it has ended. */
        private final AtomicInteger signals = new AtomicInteger();

        private boolean connected;

        Wire(int number, EventCounter counter) {
            this.number = number;
            this.counter = counter;
        }

        @Override
        public boolean route(long address, int data) {
            synchronized (MessageRoutes.this) {
                // The board has to hear of the end of a level-triggered one.
                if (signals.get() < 0 || (data & LEVEL) != 0) {
                    return false;
                }
                try {
                    lead(number, address, data);
                    if (!connected) {
                        vm.connectInterrupt(counter, number);
                        connected = true;
                    }
                    return true;
                } catch (HostException e) {
                    refused(String.valueOf(e.getMessage()));
                    return false;
                }
            }
        }

        @Override
        public boolean signal() {
            int seen = signals.get();
            while (seen >= 0 && !signals.compareAndSet(seen, seen + 1)) {
                seen = signals.get();
            }
            if (seen < 0) {
                return false;
            }
            try {
                counter.signal();
            } finally {
                signals.decrementAndGet();
            }
            return true;
        }

        /** The host waits for what it has not sent yet. */
        @Override
        public void close() {
            if (signals.getAndUpdate(seen -> seen | ENDED) < 0) {
                return;
            }
            while (signals.get() != ENDED) {
                Thread.onSpinWait();
            }
            synchronized (MessageRoutes.this) {
                try {
                    if (connected) {
                        vm.disconnectInterrupt(counter, number);
                    }
                    if (routes.remove(number) != null) {
                        vm.setRoutes(List.copyOf(routes.values()));
                    }
                } catch (HostException e) {
                    logger.log(System.Logger.Level.WARNING, "a wire stays: {0}", e.getMessage());
                }
                taken.clear(number);
                wires.remove(this);
            }
            counter.close();
        }
    }
}
