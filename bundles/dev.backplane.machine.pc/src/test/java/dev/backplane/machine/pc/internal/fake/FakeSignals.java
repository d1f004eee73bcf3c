package dev.backplane.machine.pc.internal.fake;

import dev.backplane.api.cpu.Doorbell;
import dev.backplane.api.cpu.DoorbellPartition;
import dev.backplane.api.cpu.MessageWire;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.cpu.WiredPartition;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** An engine that takes doorbells and has wires, as many as the test lets it have. */
public final class FakeSignals extends FakePartition implements DoorbellPartition, WiredPartition {
    /** What is connected, and what it tells. */
    public final Map<Doorbell, Runnable> doorbells = new HashMap<>();

    /** The wires that have not ended. */
    public final List<Wire> wires = new ArrayList<>();

    /** How many more doorbells and wires it gives. */
    public int room = Integer.MAX_VALUE;

    /** A plugin is called with no monitor of the board held. */
    private static void check() {
        long[] self = {Thread.currentThread().threadId()};
        for (var monitor : ManagementFactory.getThreadMXBean()
                .getThreadInfo(self, true, false)[0]
                .getLockedMonitors()) {
            if (monitor.getClassName().startsWith("dev.backplane.machine.pc.internal.pci.")) {
                throw new AssertionError("a plugin is called with the monitor of " + monitor + " held");
            }
        }
    }

    @Override
    public synchronized Optional<Connection> connect(Doorbell doorbell, Runnable rung) {
        check();
        if (room <= 0) {
            return Optional.empty();
        }
        room--;
        if (doorbells.put(doorbell, rung) != null) {
            throw new AssertionError(doorbell + " is connected twice");
        }
        return Optional.of(() -> disconnect(doorbell));
    }

    private synchronized void disconnect(Doorbell doorbell) {
        check();
        doorbells.remove(doorbell);
    }

    /** A guest's write of four bytes: rings, or returns false where it is an exit. */
    public boolean rings(long gpa) {
        Runnable rung;
        synchronized (this) {
            rung = doorbells.entrySet().stream()
                    .filter(entry -> entry.getKey().gpa() == gpa)
                    .map(Map.Entry::getValue)
                    .findFirst()
                    .orElse(null);
        }
        if (rung != null) {
            rung.run();
        }
        return rung != null;
    }

    @Override
    public synchronized Optional<MessageWire> wire() {
        check();
        if (room <= 0) {
            return Optional.empty();
        }
        room--;
        Wire wire = new Wire();
        wires.add(wire);
        return Optional.of(wire);
    }

    /** Ends what it has given. */
    @Override
    public synchronized PartitionState save() {
        doorbells.clear();
        List.copyOf(wires).forEach(Wire::close);
        return super.save();
    }

    /** A wire whose messages stand beside the others, with a {@code w} in front. */
    public final class Wire implements MessageWire {
        private String leads = "";
        private boolean ended;

        /** How often it was routed. */
        public int routes;

        @Override
        public boolean route(long address, int data) {
            check();
            synchronized (FakeSignals.this) {
                routes++;
                leads = "w %x:%x".formatted(address, data);
                return !ended;
            }
        }

        @Override
        public boolean signal() {
            check();
            synchronized (FakeSignals.this) {
                if (leads.isEmpty()) {
                    throw new AssertionError("a wire that leads nowhere is signalled");
                }
                return !ended && messages.add(leads);
            }
        }

        @Override
        public void close() {
            check();
            synchronized (FakeSignals.this) {
                ended = true;
                wires.remove(this);
            }
        }
    }
}
