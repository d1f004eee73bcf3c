package dev.backplane.machine.pc.internal.pci;

import dev.backplane.api.cpu.MessageWire;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.WiredPartition;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The engine's wires for the vectors of one MSI-X table. A vector has one from the time at which the guest lets it through first; it leads
 * where the guest has said last. Any thread.
 *
 * <p>A vector whose wire is not ready takes the long way, so that nobody waits for one. One thread at a time makes the wires follow the
 * table. The engine is called with no monitor held.
 */
final class Wires {
    /** Where a vector's message goes at the moment. */
    @FunctionalInterface
    interface Table {
        /** Returns null for a vector that sends nothing: it is masked, or messages are off. Called with the table's monitor held. */
        @Nullable
        Message message(int vector);
    }

    /** A message that a vector sends. */
    record Message(long address, int data) {}

    /** A wire, and where it leads. */
    private record Wire(MessageWire wire, Message message) {}

    private final Table table;
    private final Object monitor;
    private final int vectors;
    /** What signals take: wires that lead where the table says. Written with the monitor held. */
    private final AtomicReferenceArray<@Nullable MessageWire> ready;

    // Guarded by the table's monitor.
    private @Nullable WiredPartition engine;
    private @Nullable Wire[] wires;
    private final BitSet changed;
    private boolean following;

    /**
     * No engine.
     *
     * @param monitor guards the table
     */
    Wires(int vectors, Table table, Object monitor) {
        this.vectors = vectors;
        this.table = table;
        this.monitor = monitor;
        ready = new AtomicReferenceArray<>(vectors);
        wires = new @Nullable Wire[vectors];
        changed = new BitSet(vectors);
    }

    /** Signals a vector. Returns false where it has to take the long way. */
    boolean signal(int vector) {
        MessageWire wire = ready.get(vector);
        return wire != null && wire.signal();
    }

    /** A vector's message may have changed. The monitor is held; {@link #follow} is to be called without it. */
    void changed(int vector) {
        ready.set(vector, null);
        changed.set(vector);
    }

    /** All of them may have. */
    void allChanged() {
        for (int vector = 0; vector < vectors; vector++) {
            changed(vector);
        }
    }

    /** Names the engine. The wires of an earlier one end with its state's being saved, or with itself. */
    void connect(@Nullable Partition next) {
        exchange(next instanceof WiredPartition able ? able : null);
        follow();
    }

    /** Ends the wires: the function leaves the machine. */
    void release() {
        for (Wire each : exchange(null)) {
            if (each != null) {
                each.wire.close();
            }
        }
    }

    private @Nullable Wire[] exchange(@Nullable WiredPartition next) {
        synchronized (monitor) {
            @Nullable Wire[] before = wires;
            engine = next;
            wires = new @Nullable Wire[vectors];
            allChanged();
            return before;
        }
    }

    /** Brings the wires to where the table says; another thread that does so already goes on with what is new. */
    void follow() {
        synchronized (monitor) {
            if (following) {
                return;
            }
            following = true;
        }
        boolean over = false;
        try {
            while (!over) {
                over = !followOne();
            }
        } finally {
            if (!over) {
                synchronized (monitor) {
                    following = false;
                }
            }
        }
    }

    /** Returns false with nothing left to do, and nobody following any more. */
    private boolean followOne() {
        WiredPartition from;
        int vector;
        Wire there;
        Message wanted;
        synchronized (monitor) {
            from = engine;
            vector = from == null ? -1 : changed.nextSetBit(0);
            if (from == null || vector < 0) {
                following = false;
                return false;
            }
            changed.clear(vector);
            there = wires[vector];
            wanted = table.message(vector);
        }
        if (wanted != null) {
            Wire led = lead(from, there, wanted);
            if (led != null && !take(from, vector, led)) {
                led.wire.close();
            }
        }
        return true;
    }

    private static @Nullable Wire lead(WiredPartition from, @Nullable Wire there, Message wanted) {
        if (there != null && there.message.equals(wanted)) {
            return there;
        }
        Optional<MessageWire> wire = there == null ? from.wire() : Optional.of(there.wire);
        if (wire.isPresent() && wire.get().route(wanted.address, wanted.data)) {
            return new Wire(wire.get(), wanted);
        }
        if (there == null) {
            wire.ifPresent(MessageWire::close);
        }
        return null;
    }

    /** Returns false where the engine has been replaced meanwhile. */
    private boolean take(WiredPartition from, int vector, Wire led) {
        synchronized (monitor) {
            if (engine != from) {
                return false;
            }
            wires[vector] = led;
            if (!changed.get(vector)) {
                ready.set(vector, led.wire);
            }
            return true;
        }
    }
}
