package dev.backplane.machine.pc.internal.pci;

import dev.backplane.api.cpu.Doorbell;
import dev.backplane.api.cpu.DoorbellPartition;
import dev.backplane.api.cpu.DoorbellPartition.Connection;
import dev.backplane.api.cpu.Partition;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The doorbells of all functions where the guest has put them, as connections of the engine. Any thread.
 *
 * <p>A connection is at most as old as the last {@link #follow}: a BAR that has moved leaves no doorbell behind at an address where another
 * one may answer now. So whoever moves one waits for the connections to follow, and one thread at a time makes them follow. The engine is
 * called with no monitor held; one that hangs keeps nobody beyond its replacement.
 */
final class Doorbells {
    /** A doorbell and what rings it. */
    record Placed(Doorbell doorbell, Runnable ring) {}

    private final LongPredicate fixed;
    private List<Placed> places = List.of();
    /** Counts changes of the places. */
    private long version;

    private volatile @Nullable Wiring wiring;

    /**
     * None.
     *
     * @param fixed whether something else has a fixed place at an address: it answers there, whatever the guest does with its BARs
     */
    Doorbells(LongPredicate fixed) {
        this.fixed = fixed;
    }

    /** Where they are from now on. The caller calls {@link #follow} when it has left its monitors. */
    synchronized void places(List<Placed> next) {
        if (!places.equals(next)) {
            places = List.copyOf(next);
            version++;
        }
    }

    /** Names the engine. Connections of an earlier one end with its state's being saved, or with itself. */
    void connect(@Nullable Partition engine) {
        Wiring next = engine instanceof DoorbellPartition able ? new Wiring(able) : null;
        synchronized (this) {
            wiring = next;
            notifyAll();
        }
        follow();
    }

    /** When this returns the engine's connections are as young as the call. */
    void follow() {
        Wiring current = wiring;
        if (current != null) {
            current.follow();
        }
    }

    /** The connections of one engine. */
    private final class Wiring {
        private final DoorbellPartition engine;
        /** Belongs to the thread that works. */
        private final Map<Placed, Connection> connections = new HashMap<>();

        private final Set<Placed> refused = new HashSet<>();

        // Guarded by the outer monitor.
        private long reached = -1;
        private boolean working;

        Wiring(DoorbellPartition engine) {
            this.engine = engine;
        }

        private boolean isCurrent() {
            return wiring == this;
        }

        void follow() {
            long target;
            synchronized (Doorbells.this) {
                target = version;
            }
            while (begin(target)) {
                List<Placed> wanted;
                long seen;
                synchronized (Doorbells.this) {
                    wanted = places;
                    seen = version;
                }
                boolean done = false;
                try {
                    bring(wanted);
                    done = true;
                } finally {
                    end(done ? seen : reached);
                }
            }
        }

        /** Waits for its turn. Returns false when there is nothing left to do. */
        private boolean begin(long target) {
            boolean interrupted = false;
            synchronized (Doorbells.this) {
                while (working && reached < target && isCurrent()) {
                    try {
                        Doorbells.this.wait();
                    } catch (InterruptedException e) {
                        interrupted = true;
                    }
                }
                boolean due = reached < target && isCurrent();
                working |= due;
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                return due;
            }
        }

        private void end(long seen) {
            synchronized (Doorbells.this) {
                working = false;
                reached = seen;
                Doorbells.this.notifyAll();
            }
        }

        private void bring(List<Placed> wanted) {
            Set<Placed> there = new HashSet<>(wanted);
            connections.entrySet().removeIf(entry -> {
                boolean goes = !there.contains(entry.getKey());
                if (goes) {
                    entry.getValue().close();
                }
                return goes;
            });
            refused.retainAll(there);
            for (Placed each : wanted) {
                if (!connections.containsKey(each) && !refused.contains(each)) {
                    connect(each);
                }
            }
        }

        private void connect(Placed placed) {
            if (fixed.test(placed.doorbell().gpa())) {
                refused.add(placed);
                return;
            }
            // A late call of an engine that has been replaced concerns nobody.
            Runnable ring = () -> {
                if (isCurrent()) {
                    placed.ring().run();
                }
            };
            engine.connect(placed.doorbell(), ring)
                    .ifPresentOrElse(connection -> connections.put(placed, connection), () -> refused.add(placed));
        }
    }
}
