package dev.backplane.kernel.internal.vm;

import dev.backplane.api.scheduler.Rest;
import dev.backplane.api.scheduler.VcpuScheduler;
import dev.backplane.kernel.internal.bay.SchedulerFront;
import dev.backplane.natives.process.ThreadClock;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The right of one vCPU to run, as its machine's scheduler gives it. Its own thread asks, waits and gives back; others tell it to ask
 * again, and the {@link SliceClock} ends its slice. Allocates nothing.
 */
final class VcpuSlice {
    /** What is left of a slice that is not worth another look. */
    private static final long REST_NANOS = 20_000;

    /** So many times its slice a vCPU may take of the host's time: it waits in the host's kernel, or others have the processor. */
    private static final int PATIENCE = 16;

    private final int index;
    private final VcpuGroup group;
    private final SchedulerFront front;
    private final SliceClock clock;

    /** Who gave the slice, or made it wait; of its own thread. */
    private long seat = SchedulerFront.NOBODY;

    private volatile @Nullable Thread thread;
    private volatile @Nullable ThreadClock cpu;
    private volatile long lastCpuNanos;
    private volatile boolean waits;
    private volatile boolean told;
    private volatile long waitedNanos;

    private volatile long endNanos;
    private volatile long giveUpAt;
    private final AtomicLong checkAt = new AtomicLong(SliceClock.NEVER);

    VcpuSlice(int index, VcpuGroup group, SchedulerFront front, SliceClock clock) {
        this.index = index;
        this.group = group;
        this.front = front;
        this.clock = clock;
    }

    // Its own thread.

    /** Its thread begins. */
    void begin(ThreadClock own) {
        cpu = own;
        thread = Thread.currentThread();
        clock.add(this);
    }

    /** Its thread ends. */
    void end() {
        cpuNanos();
        cpu = null;
        clock.remove(this);
    }

    /** Whether there is somebody to ask. */
    boolean isScheduled() {
        return front.seat() != SchedulerFront.NOBODY;
    }

    /**
     * Waits for a slice.
     *
     * @param holds what {@link VcpuGroup#holds} was when the machine ran
     * @return false when the machine has been held since; it has no slice then
     */
    boolean await(long holds) {
        while (true) {
            long asked = front.seat();
            seat = asked;
            if (asked == SchedulerFront.NOBODY) {
                return true;
            }
            told = false;
            waits = true;
            long answer = front.slice(index, asked);
            if (answer > 0) {
                waits = false;
                arm(answer);
                return true;
            }
            wait(answer, asked, holds);
            waits = false;
            if (group.mustLeaveWait(holds)) {
                rests(Rest.HELD);
                return false;
            }
        }
    }

    private void wait(long answer, long asked, long holds) {
        long from = System.nanoTime();
        // No machine waits for so long that the negation matters.
        long most = answer == VcpuScheduler.WAIT ? Long.MAX_VALUE : -answer;
        long waited = 0;
        while (!told && waited < most && front.seat() == asked && !group.mustLeaveWait(holds)) {
            if (most == Long.MAX_VALUE) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, most - waited);
            }
            waited = System.nanoTime() - from;
        }
        // Only this thread writes it.
        waitedNanos = waitedNanos + waited;
    }

    private void arm(long nanos) {
        ThreadClock own = cpu;
        if (nanos != VcpuScheduler.UNLIMITED && own != null) {
            long now = clock.now();
            endNanos = own.nanos() + nanos;
            giveUpAt = now + PATIENCE * nanos;
            checkAt.set(now + nanos);
            clock.watch(now + nanos);
        }
    }

    /** It has come out of the guest. */
    void ran() {
        if (seat != SchedulerFront.NOBODY) {
            checkAt.set(SliceClock.NEVER);
        }
    }

    /** Gives back what it has: it does not want to run. */
    void rests(Rest why) {
        if (seat != SchedulerFront.NOBODY) {
            front.rests(index, why, seat);
            seat = SchedulerFront.NOBODY;
        }
    }

    // Any thread.

    /** The scheduler has it ask again. */
    void proceed() {
        told = true;
        LockSupport.unpark(thread);
    }

    /** Something has arrived for it while it was not in the guest. */
    void arrived() {
        if (!isScheduled()) {
            return;
        }
        if (waits) {
            front.interrupted(index, group.caller());
        } else {
            front.woken(index);
        }
    }

    /** What its thread has used of the host's processors. */
    long cpuNanos() {
        ThreadClock own = cpu;
        if (own != null) {
            try {
                lastCpuNanos = own.nanos();
            } catch (IllegalStateException e) {
                cpu = null;
            }
        }
        return lastCpuNanos;
    }

    /** How long it has waited for slices. */
    long waitedNanos() {
        return waitedNanos;
    }

    Thread owner() {
        return thread == null ? Thread.currentThread() : thread;
    }

    /**
     * Brings it out of the guest if its slice is over. On the clock's thread.
     *
     * @return when to look again
     */
    long check(long now) {
        long at = checkAt.get();
        if (at > now) {
            return at;
        }
        long left = endNanos - cpuNanos();
        if (left > REST_NANOS && now < giveUpAt) {
            return checkAt.compareAndSet(at, now + left) ? now + left : now;
        }
        if (checkAt.compareAndSet(at, SliceClock.NEVER)) {
            group.preempt(index);
            return SliceClock.NEVER;
        }
        return now;
    }
}
