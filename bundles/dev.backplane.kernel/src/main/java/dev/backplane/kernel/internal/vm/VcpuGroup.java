package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.part.Deadline;
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
final class VcpuGroup implements Vcpus {
    private final VcpuThread[] threads;
    private final VcpuEvents events;
    private final Object lock = new Object();
    /** The engine's vCPUs by number; none while there is no engine. */
    private List<Vcpu> vcpus = List.of();

    private boolean held = true;
    private boolean ended;
    private volatile long holds;
    private volatile long openings;
    private volatile boolean stopping;

    VcpuGroup(String vm, int vcpus, VcpuEvents events) {
        this.events = events;
        threads = new VcpuThread[vcpus];
        for (int i = 0; i < vcpus; i++) {
            threads[i] = new VcpuThread(vm, i, this, events);
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

    /**
     * Waits until the calling vCPU may run.
     *
     * @return the vCPU, or null when the machine has ended
     */
    @Nullable
    Vcpu enter(VcpuThread thread) throws InterruptedException {
        synchronized (lock) {
            while (!ended) {
                if (!held && !thread.frozen && !vcpus.isEmpty()) {
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
            if (since != 0 && thread.awaitedOpening == openings) {
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
