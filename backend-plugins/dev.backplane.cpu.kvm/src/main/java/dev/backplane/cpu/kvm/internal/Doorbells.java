package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.Doorbell;
import dev.backplane.api.cpu.DoorbellPartition.Connection;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.part.Deadline;
import dev.backplane.natives.HostException;
import dev.backplane.natives.event.EventCounter;
import dev.backplane.natives.event.EventPoller;
import dev.backplane.natives.event.HostEvents;
import dev.backplane.natives.kvm.KvmDoorbell;
import dev.backplane.natives.kvm.KvmVm;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Doorbells that the host turns into event counters (KVM_IOEVENTFD), and the one thread of the machine that waits for them, from the first
 * doorbell on until this is closed. Any thread. A ring allocates nothing.
 */
final class Doorbells implements AutoCloseable {
    private static final int AT_ONCE = 64;
    private static final Duration FOREVER = Duration.ofDays(20);
    private static final Duration END = Duration.ofSeconds(2);

    private final KvmVm vm;
    private final HostEvents events;
    private final PartitionContext context;
    private final System.Logger logger;

    // Guarded by the monitor, which is not held while a device is told.
    private @Nullable EventPoller poller;
    private @Nullable Thread thread;
    private boolean closed;
    private boolean refusalTold;
    /** How often somebody has asked for all signals to be delivered, and to which time they have been. */
    private long asked;

    private long drained;

    private volatile boolean draining;
    /** By key; replaced as a whole. */
    private volatile @Nullable Bell[] bells = new @Nullable Bell[0];
    /** Written by the thread alone. */
    private volatile long rung;

    /** None. */
    Doorbells(KvmVm vm, HostEvents events, PartitionContext context) {
        this.vm = vm;
        this.events = events;
        this.context = context;
        logger = context.logger();
    }

    /** Connects a doorbell; empty where the host does not take it. */
    synchronized Optional<Connection> connect(Doorbell doorbell, Runnable told) {
        if (closed) {
            return Optional.empty();
        }
        try {
            Bell bell = new Bell(freeKey(), doorbell, told, events.counter());
            put(bell.key, bell);
            try {
                poller().add(bell.counter, bell.key);
                vm.connectDoorbell(bell.counter, bell.doorbell);
            } catch (HostException e) {
                put(bell.key, null);
                bell.counter.close();
                throw e;
            }
            return Optional.of(bell);
        } catch (HostException e) {
            if (!refusalTold) {
                refusalTold = true;
                logger.log(
                        System.Logger.Level.WARNING,
                        "the host takes no more doorbells, the guest''s writes there are exits: {0}",
                        e.getMessage());
            }
            return Optional.empty();
        }
    }

    private int freeKey() {
        @Nullable Bell[] now = bells;
        for (int key = 0; key < now.length; key++) {
            if (now[key] == null) {
                return key;
            }
        }
        return now.length;
    }

    private void put(int key, @Nullable Bell bell) {
        @Nullable Bell[] now = bells;
        @Nullable Bell[] next = new @Nullable Bell[Math.max(now.length, key + 1)];
        System.arraycopy(now, 0, next, 0, now.length);
        next[key] = bell;
        bells = next;
    }

    private EventPoller poller() throws HostException {
        EventPoller there = poller;
        if (there == null) {
            EventPoller made = events.poller();
            there = made;
            poller = made;
            Thread waiting = Thread.ofPlatform()
                    .name(context.vm() + "/doorbells")
                    .daemon()
                    .inheritInheritableThreadLocals(false)
                    .unstarted(() -> watch(made));
            waiting.setContextClassLoader(null);
            waiting.start();
            thread = waiting;
        }
        return there;
    }

    private void watch(EventPoller from) {
        int[] keys = new int[AT_ONCE];
        try {
            while (true) {
                boolean last = draining;
                long seen = last ? askedBefore() : 0;
                int ready = from.await(keys, last ? Duration.ZERO : FOREVER);
                for (int i = 0; i < ready; i++) {
                    tell(keys[i]);
                }
                if (last && ready == 0) {
                    drainedTo(seen);
                }
            }
        } catch (IllegalStateException e) {
            // Closed.
        } catch (HostException e) {
            context.fail("doorbells are not heard any more", e);
        }
    }

    private void tell(int key) {
        @Nullable Bell[] now = bells;
        Bell bell = key < now.length ? now[key] : null;
        if (bell != null && bell.tell()) {
            rung = rung + 1;
        }
    }

    private synchronized long askedBefore() {
        return asked;
    }

    private synchronized void drainedTo(long seen) {
        drained = seen;
        draining = asked > seen;
        notifyAll();
    }

    /**
     * Waits until every signal that has come is told. No vCPU runs, so that no more come.
     *
     * @return false where a device has not returned from being told in time
     */
    boolean drain(Deadline deadline) throws InterruptedException {
        synchronized (this) {
            EventPoller there = poller;
            if (there == null || closed) {
                return true;
            }
            long mine = ++asked;
            draining = true;
            there.wake();
            while (drained < mine) {
                if (deadline.passed()) {
                    return false;
                }
                TimeUnit.NANOSECONDS.timedWait(this, Math.max(1, deadline.remainingNanos()));
            }
            return true;
        }
    }

    /** How many signals have been told. */
    long rung() {
        return rung;
    }

    /** Ends all connections; there may be others afterwards. */
    void disconnectAll() {
        List<Bell> all = new ArrayList<>();
        for (Bell bell : bells) {
            if (bell != null) {
                all.add(bell);
            }
        }
        all.forEach(Bell::close);
    }

    @Override
    public void close() {
        EventPoller there;
        Thread waiting;
        synchronized (this) {
            closed = true;
            there = poller;
            waiting = thread;
        }
        disconnectAll();
        if (there == null || waiting == null) {
            return;
        }
        there.close();
        try {
            if (!waiting.join(END)) {
                logger.log(System.Logger.Level.WARNING, "a device has not returned from its doorbell");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One doorbell. */
    private final class Bell implements Connection {
        private final int key;
        private final KvmDoorbell doorbell;
        private final Runnable told;
        private final EventCounter counter;

        Bell(int key, Doorbell doorbell, Runnable told, EventCounter counter) {
            this.key = key;
            this.doorbell = new KvmDoorbell(false, doorbell.gpa(), doorbell.sizeBytes(), doorbell.value());
            this.told = told;
            this.counter = counter;
        }

        /** Returns whether there was something to tell. */
        boolean tell() {
            if (counter.take() == 0) {
                return false;
            }
            try {
                told.run();
            } catch (RuntimeException | Error e) {
                // The others' bells go on.
                logger.log(System.Logger.Level.ERROR, "a doorbell at 0x%x".formatted(doorbell.address()), e);
            }
            return true;
        }

        @Override
        public void close() {
            synchronized (Doorbells.this) {
                @Nullable Bell[] now = bells;
                if (key >= now.length || now[key] != this) {
                    return;
                }
                put(key, null);
                EventPoller from = poller;
                if (from != null) {
                    from.remove(counter);
                }
                try {
                    vm.disconnectDoorbell(counter, doorbell);
                } catch (HostException e) {
                    logger.log(System.Logger.Level.WARNING, "a doorbell stays: {0}", e.getMessage());
                }
            }
            tell();
            counter.close();
        }
    }
}
