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

    /** How soon one is looked at that may wait inside the guest, and whether it has woken up there. */
    private static final long LOOK_NANOS = 2_000_000;

    private static final long LAST_LOOK_NANOS = 8_000_000;

    /** Whose thread has used less than this part of the time between two looks waits in the guest, perhaps. */
    private static final int IDLE = 8;

    /** So much goes on interrupts that wake it for a moment; with more it has to have a slice. */
    private static final long DOZE_NANOS = 200_000;

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

    /** What the scheduler answered last; of its own thread. */
    private long granted = VcpuScheduler.UNLIMITED;

    /** It is in the guest, or on its way, without a slice: it is halted there. Changed by its own thread. */
    private volatile boolean dozing;

    private volatile long beganNanos;
    private volatile long endNanos;
    private volatile long giveUpAt;
    /** Whether it may wait in the guest. */
    private volatile boolean watched;

    private volatile long seenNanos;
    private volatile long seenAt;
    private volatile long lookNanos;
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
        if (dozing) {
            dozing = false;
            front.woken(index);
        }
        while (true) {
            long asked = front.seat();
            seat = asked;
            if (asked == SchedulerFront.NOBODY) {
                granted = VcpuScheduler.UNLIMITED;
                return true;
            }
            told = false;
            waits = true;
            long answer = front.slice(index, asked);
            if (answer > 0) {
                waits = false;
                granted = answer;
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

    /** Gives back what it has: it is halted, and goes back into the guest to wait there. */
    void doze() {
        rests(Rest.HALTED);
        dozing = true;
    }

    /**
     * It goes into the guest.
     *
     * @param waitsInside whether it does not come out to be halted
     */
    void begins(boolean waitsInside) {
        ThreadClock own = cpu;
        boolean limited = seat != SchedulerFront.NOBODY && granted != VcpuScheduler.UNLIMITED;
        if (own == null || !limited && !dozing && (!waitsInside || seat == SchedulerFront.NOBODY)) {
            return;
        }
        long now = clock.now();
        long used = own.nanos();
        beganNanos = used;
        endNanos = limited ? used + granted : Long.MAX_VALUE;
        giveUpAt = limited ? now + PATIENCE * granted : SliceClock.NEVER;
        watched = waitsInside;
        seenNanos = used;
        seenAt = now;
        lookNanos = LOOK_NANOS;
        long first = now + (waitsInside || dozing ? Math.min(granted, LOOK_NANOS) : granted);
        checkAt.set(first);
        clock.watch(first);
    }

    /** It has come out of the guest. */
    void ran() {
        checkAt.set(SliceClock.NEVER);
    }

    /** Whether it may go back without a slice if it is halted; before {@link #ran}. What it has used without one is charged with the next. */
    boolean mayDoze() {
        return isScheduled() && !(dozing && cpuNanos() - beganNanos >= DOZE_NANOS);
    }

    /** Gives back what it has: it does not want to run. */
    void rests(Rest why) {
        dozing = false;
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
        long used = cpuNanos();
        long left = endNanos - used;
        long look = lookNanos;
        boolean out;
        if (dozing) {
            out = used - beganNanos >= DOZE_NANOS;
            lookNanos = used == seenNanos ? Math.min(2 * look, LAST_LOOK_NANOS) : LOOK_NANOS;
        } else {
            boolean idle = watched && (used - seenNanos) * IDLE < now - seenAt;
            out = idle || left <= REST_NANOS || now >= giveUpAt;
            look = watched ? Math.min(left, look) : left;
        }
        if (!checkAt.compareAndSet(at, out ? SliceClock.NEVER : now + look)) {
            return now;
        }
        if (out) {
            group.preempt(index);
            return SliceClock.NEVER;
        }
        seenNanos = used;
        seenAt = now;
        return now + look;
    }
}
