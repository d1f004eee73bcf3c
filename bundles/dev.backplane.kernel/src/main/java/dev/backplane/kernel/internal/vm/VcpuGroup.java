package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.part.Deadline;
import dev.backplane.kernel.internal.bay.SchedulerFront;
import dev.backplane.kernel.internal.bay.SchedulerPort;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The vCPU threads of one machine: lets them into the guest and brings them out. The monitor is held for a few comparisons,
 * never while the engine is called.
 */
final class VcpuGroup implements Vcpus, SchedulerPort {
    private final VcpuThread[] threads;
    private final VcpuEvents events;
    private final HostThreads host;
    private final Placement placement;
    private final SchedulerFront scheduler = new SchedulerFront(this);
    private final Object lock = new Object();
    /** The engine's vCPUs by number; none while there is no engine. */
    private List<Vcpu> vcpus = List.of();

    private boolean held = true;
    private boolean ended;
    private volatile long holds;
    private volatile long openings;
    private volatile boolean stopping;

    VcpuGroup(String vm, int vcpus, VcpuEvents events, HostThreads host, SliceClock slices) {
        this.events = events;
        this.host = host;
        placement = new Placement(vm, host);
        threads = new VcpuThread[vcpus];
        for (int i = 0; i < vcpus; i++) {
            threads[i] = new VcpuThread(vm, i, this, events, scheduler, slices);
        }
    }

    @Override
    public void start() {
        for (VcpuThread thread : threads) {
            thread.start();
        }
    }

    @Override
    public void engine(@Nullable Partition next) {
        List<Vcpu> made = new ArrayList<>();
        for (int i = 0; next != null && i < threads.length; i++) {
            made.add(next.vcpu(i));
        }
        synchronized (lock) {
            vcpus = List.copyOf(made);
            for (VcpuThread thread : threads) {
                thread.frozen = false;
            }
        }
        events.engine(made);
    }

    @Override
    public List<Vcpu> vcpus() {
        synchronized (lock) {
            return vcpus;
        }
    }

    @Override
    public void freeze(BitSet staying) {
        synchronized (lock) {
            for (VcpuThread thread : threads) {
                thread.frozen = staying.get(thread.index());
            }
            lock.notifyAll();
        }
    }

    @Override
    public void present(BitSet which) {
        List<Vcpu> leaving = new ArrayList<>();
        synchronized (lock) {
            for (VcpuThread thread : threads) {
                thread.absent = !which.get(thread.index());
                if (thread.absent && thread.inside) {
                    leaving.add(vcpus.get(thread.index()));
                }
            }
            lock.notifyAll();
        }
        leaving.forEach(Vcpu::kick);
    }

    // The threads.

    /** A thread begins. */
    void began(VcpuThread thread, VcpuSlice slice) {
        slice.begin(host.clock());
        placement.add(host.id());
    }

    /** A thread ends. */
    void ended(VcpuThread thread, VcpuSlice slice) {
        slice.end();
        placement.remove(host.id());
    }

    private boolean open(VcpuThread thread) {
        return !ended && !held && !thread.frozen && !thread.absent && !vcpus.isEmpty();
    }

    /** Whether the calling vCPU would be let in. */
    boolean isOpen(VcpuThread thread) {
        synchronized (lock) {
            return open(thread);
        }
    }

    /** Waits until the calling vCPU would be let in. Returns false when the machine has ended. */
    boolean awaitOpen(VcpuThread thread) throws InterruptedException {
        synchronized (lock) {
            while (!ended && !open(thread)) {
                lock.wait();
            }
            return !ended;
        }
    }

    /** Lets the calling vCPU in, unless something is in the way; null then. */
    @Nullable
    Vcpu enterIfOpen(VcpuThread thread) {
        synchronized (lock) {
            if (!open(thread)) {
                return null;
            }
            thread.inside = true;
            return vcpus.get(thread.index());
        }
    }

    /**
     * Waits until the calling vCPU may run.
     *
     * @return the vCPU, or null when the machine has ended
     */
    @Nullable
    Vcpu enter(VcpuThread thread) throws InterruptedException {
        synchronized (lock) {
            while (!ended) {
                if (open(thread)) {
                    thread.inside = true;
                    return vcpus.get(thread.index());
                }
                lock.wait();
            }
            return null;
        }
    }

    /** @param freeze whether it waits for its debugger from now on */
    void leave(VcpuThread thread, boolean freeze) {
        synchronized (lock) {
            thread.inside = false;
            thread.frozen |= freeze;
            thread.exits++;
            lock.notifyAll();
        }
    }

    @Override
    public List<Integer> hold(Deadline deadline) {
        synchronized (lock) {
            held = true;
            holds++;
        }
        nudgeAll();
        return awaitOut(deadline, new long[threads.length], true);
    }

    @Override
    public void release() {
        synchronized (lock) {
            held = false;
            lock.notifyAll();
        }
        for (VcpuThread thread : threads) {
            thread.wake();
        }
    }

    @Override
    public List<Integer> rendezvous(Deadline deadline) {
        long[] before = new long[threads.length];
        synchronized (lock) {
            for (int i = 0; i < threads.length; i++) {
                before[i] = threads[i].exits;
            }
        }
        nudgeAll();
        return awaitOut(deadline, before, false);
    }

    private List<Integer> awaitOut(Deadline deadline, long[] before, boolean stay) {
        synchronized (lock) {
            while (true) {
                List<Integer> inside = new ArrayList<>();
                for (VcpuThread thread : threads) {
                    if (thread.inside && (stay || thread.exits == before[thread.index()])) {
                        inside.add(thread.index());
                    }
                }
                if (inside.isEmpty() || deadline.passed()) {
                    return inside;
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(lock, Math.min(deadline.remainingNanos(), 50_000_000));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return inside;
                }
            }
        }
    }

    private void nudgeAll() {
        List<Vcpu> current;
        synchronized (lock) {
            current = vcpus;
        }
        current.forEach(Vcpu::kick);
        for (VcpuThread thread : threads) {
            thread.unpark();
        }
    }

    @Override
    public void gateOpened() {
        synchronized (lock) {
            openings++;
        }
        for (VcpuThread thread : threads) {
            thread.unpark();
        }
    }

    @Override
    public void stopping(boolean stop) {
        stopping = stop;
        if (stop) {
            nudgeAll();
        }
    }

    @Override
    public boolean stopping() {
        return stopping;
    }

    @Override
    public void wake(int index) {
        threads[index].wake();
    }

    @Override
    public long stolenNanos(int index) {
        return threads[index].stolenNanos();
    }

    // The scheduler.

    @Override
    public SchedulerFront scheduler() {
        return scheduler;
    }

    @Override
    public int count() {
        return threads.length;
    }

    @Override
    public BitSet present() {
        BitSet present = new BitSet();
        for (VcpuThread thread : threads) {
            present.set(thread.index(), !thread.absent);
        }
        return present;
    }

    @Override
    public void proceed(int vcpu) {
        threads[vcpu].slice().proceed();
    }

    @Override
    public void preempt(int vcpu) {
        Vcpu running;
        synchronized (lock) {
            // One that is about to go in comes out again.
            if (vcpus.isEmpty()) {
                return;
            }
            running = vcpus.get(vcpu);
        }
        running.kick();
    }

    @Override
    public long cpuNanos(int vcpu) {
        return threads[vcpu].slice().cpuNanos();
    }

    @Override
    public BitSet processors() {
        return host.processors();
    }

    @Override
    public String bind(Object owner, BitSet processors) {
        return placement.bind(owner, processors);
    }

    @Override
    public String hostWeight(Object owner, int weight) {
        return placement.weight(owner, weight);
    }

    @Override
    public void unbind(Object owner) {
        placement.release(owner);
    }

    @Override
    public void schedulerChanged() {
        nudgeAll();
    }

    @Override
    public void spins(int index) {
        if (scheduler.seat() == SchedulerFront.NOBODY) {
            Thread.yield();
        } else {
            scheduler.spins(index);
        }
    }

    /** The vCPU on whose thread this is called, or -1. */
    int caller() {
        for (VcpuThread thread : threads) {
            if (thread.isCurrent()) {
                return thread.index();
            }
        }
        return -1;
    }

    boolean mustLeaveWait(long seenHolds) {
        return holds != seenHolds;
    }

    long holds() {
        return holds;
    }

    long openings() {
        return openings;
    }

    @Override
    public Optional<Long> parkedNanos() {
        long longest = -1;
        for (VcpuThread thread : threads) {
            long since = thread.parkedSince;
            // One that was told of an opening, and only has not got round to it, does not wait any more.
            if (since != 0 && !thread.absent && thread.awaitedOpening == openings) {
                longest = Math.max(longest, System.nanoTime() - since);
            }
        }
        return longest < 0 ? Optional.empty() : Optional.of(longest);
    }

    @Override
    public String stack(int index) {
        return threads[index].stack();
    }

    @Override
    public void end() {
        synchronized (lock) {
            ended = true;
            held = true;
            holds++;
            lock.notifyAll();
        }
        nudgeAll();
    }

    @Override
    public boolean join(Deadline deadline) throws InterruptedException {
        boolean all = true;
        for (VcpuThread thread : threads) {
            all &= thread.join(deadline);
        }
        return all;
    }
}
