package dev.backplane.scheduler.realtime.internal;

import dev.backplane.api.scheduler.QueuedVcpu;
import dev.backplane.api.scheduler.Rest;
import dev.backplane.api.scheduler.SchedulerContext;
import java.util.BitSet;

/**
 * A vCPU with a budget in each period: a constant-bandwidth server (Abeni and Buttazzo, 1998) whose budget that is used up comes back at
 * its deadline, no earlier. Guarded by the run queue.
 */
final class RealtimeVcpu extends QueuedVcpu {
    private final DeadlineHistogram histogram;
    private Reservation reservation;

    /** When the budget may be used from; and by when it should have been. */
    private long releaseNanos;

    private long deadlineNanos;
    private long leftNanos;
    private boolean begun;

    /** When it went to rest, while it rests. */
    private long restedAt;

    long usedNanos;

    RealtimeVcpu(
            SchedulerContext context,
            int index,
            BitSet processors,
            Reservation reservation,
            DeadlineHistogram histogram) {
        super(context, index, processors);
        this.reservation = reservation;
        this.histogram = histogram;
    }

    void reserve(Reservation next) {
        reservation = next;
        leftNanos = Math.min(leftNanos, next.budgetNanos());
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    /** It wants to run. */
    void ready(boolean rested, long now) {
        if (!begun) {
            begun = true;
            begin(now);
        } else if (rested && now >= deadlineNanos) {
            histogram.record(restedAt - deadlineNanos);
            begin(now);
        } else if (leftNanos <= 0) {
            histogram.record(now - deadlineNanos);
            releaseNanos = deadlineNanos;
            deadlineNanos += reservation.periodNanos();
            // What it has overdrawn is missing in the next period.
            leftNanos = Math.max(1, leftNanos + reservation.budgetNanos());
        }
    }

    private void begin(long now) {
        releaseNanos = now;
        deadlineNanos = now + reservation.periodNanos();
        leftNanos = reservation.budgetNanos();
    }

    void rests(Rest why, long now) {
        restedAt = now;
        if (why != Rest.HALTED) {
            // Not for want of a processor: what comes begins anew.
            begun = false;
        }
    }

    /** As a policy answers it. */
    long mayRunNanos(long now) {
        return now < releaseNanos ? now - releaseNanos : leftNanos;
    }

    void ran(long cpuNanos) {
        leftNanos -= cpuNanos;
        usedNanos += cpuNanos;
    }
}
