package dev.backplane.kernel.internal.vm;

import dev.backplane.api.part.Deadline;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Where the thread of {@link VcpuTurns} and those who want something of its machine meet: it asks before each step whether it may go
 * on, and waits here for what it needs; they hold it, let it go, and wait until it is out.
 */
final class TurnGate {
    private static final Duration PATIENCE = Duration.ofMillis(300);
    private static final long LOOK_NANOS = 50_000_000;
    /** For {@link #awaitOut}: that the thread has been out for a moment is not enough. */
    static final long NO_EXIT = -1;

    // Guarded by the monitor.
    private boolean ready;
    private boolean held = true;
    private boolean ended;
    private boolean inside;
    private boolean nudged;
    private boolean stopAsked;
    private boolean thawed;
    private long exits;
    private long holds;

    private volatile long openings;
    private volatile long parkedSince;
    private volatile long awaitedOpening;

    // Of the thread: what had happened when its step began. What happens during the step is not waited for behind it.
    private long seenHolds;
    private long seenOpenings;

    // The thread.

    /** Waits until the next step may begin. False: there is none any more. */
    synchronized boolean enter() throws InterruptedException {
        while (!ended && (held || stopAsked || !ready)) {
            wait();
        }
        if (ended) {
            return false;
        }
        inside = true;
        nudged = false;
        seenHolds = holds;
        seenOpenings = openings;
        return true;
    }

    /** The step is over. */
    synchronized void leave() {
        inside = false;
        exits++;
        notifyAll();
    }

    /** Waits to be held. */
    synchronized void awaitHold() throws InterruptedException {
        while (holds == seenHolds) {
            wait();
        }
    }

    /** A step met a bay that is away: from now on it counts as parked. */
    void park() {
        awaitedOpening = seenOpenings;
        parkedSince = System.nanoTime() | 1;
    }

    /** Waits until a bay opens or somebody holds. */
    synchronized void awaitOpening() throws InterruptedException {
        while (holds == seenHolds && openings == seenOpenings) {
            wait();
        }
        parkedSince = 0;
    }

    /** A debugger is about to be told: what it says from now on counts. */
    synchronized void freeze() {
        thawed = false;
    }

    /** Waits for the debugger's word, or to be held. */
    synchronized void awaitThaw() throws InterruptedException {
        while (holds == seenHolds && !thawed) {
            wait();
        }
    }

    /** Waits for something from outside, so many nanoseconds at the most; {@code Long.MAX_VALUE}: however long it takes. */
    synchronized void awaitNudge(long nanos) throws InterruptedException {
        long begin = System.nanoTime();
        while (!nudged && holds == seenHolds && !stopAsked) {
            if (nanos == Long.MAX_VALUE) {
                wait();
            } else {
                long left = nanos - (System.nanoTime() - begin);
                if (left <= 0) {
                    return;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        }
    }

    // Others.

    /** Changes what the thread works on, while it waits. {@code ready}: whether there is anything to run afterwards. */
    synchronized void exchange(Runnable change, boolean nowReady) {
        change.run();
        ready = nowReady;
        // Nobody is woken: a machine gets its engine while it is held.
    }

    synchronized void nudge() {
        nudged = true;
        notifyAll();
    }

    synchronized void thaw() {
        thawed = true;
        notifyAll();
    }

    synchronized void hold() {
        held = true;
        holds++;
        notifyAll();
    }

    synchronized void release() {
        held = false;
        notifyAll();
    }

    synchronized void opened() {
        openings++;
        notifyAll();
    }

    /** Asks for no further step, or allows them again. */
    synchronized void askStop(boolean stop) {
        stopAsked = stop;
        notifyAll();
    }

    synchronized void end() {
        ended = true;
        hold();
    }

    synchronized boolean isHeld() {
        return held;
    }

    synchronized boolean isInside() {
        return inside;
    }

    /** How many steps have ended. */
    synchronized long exits() {
        return exits;
    }

    /** How long it has been waiting for a bay that has not opened meanwhile. */
    Optional<Long> parkedNanos() {
        long since = parkedSince;
        return since == 0 || awaitedOpening != openings ? Optional.empty() : Optional.of(System.nanoTime() - since);
    }

    /**
     * Waits until the thread is out, or has been out.
     *
     * @param before {@link #exits} of the moment since when it may have been out, or {@link #NO_EXIT}
     * @param kick interrupts a step that takes long
     * @return false when the deadline has passed, or the wait was interrupted
     */
    boolean awaitOut(Deadline deadline, long before, Runnable kick) {
        Deadline patience = Deadline.in(PATIENCE);
        while (true) {
            synchronized (this) {
                if (!inside || before != NO_EXIT && exits != before) {
                    return true;
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(this, Math.min(deadline.remainingNanos(), LOOK_NANOS));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
                if (deadline.passed() && inside) {
                    return false;
                }
            }
            if (patience.passed()) {
                kick.run();
            }
        }
    }
}
