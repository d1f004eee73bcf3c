package dev.backplane.scheduler.credit.internal;

import dev.backplane.api.scheduler.QueuedVcpu;
import dev.backplane.api.scheduler.SchedulerContext;
import java.util.BitSet;

/** A vCPU with credits. Guarded by the run queue. */
final class CreditVcpu extends QueuedVcpu {
    /** The first of these that has a waiting vCPU gets the processor. */
    enum Priority {
        /** It has just been woken, and had credits left. */
        BOOST,
        /** It has credits left. */
        UNDER,
        /** It has none. */
        OVER
    }

    final CreditDomain domain;

    /** Nanoseconds of processor time that are left to it. */
    long credits;

    Priority priority = Priority.UNDER;

    /** What it has used since it was boosted. */
    long boostedNanos;

    /** What it has used at all. */
    long usedNanos;

    /** It has overdrawn a cap, and waits until it has credits again. */
    boolean parked;

    /** It wants to run. */
    boolean wants;

    /** It wanted to run since the last accounting. */
    boolean active;

    CreditVcpu(SchedulerContext context, int index, BitSet processors, CreditDomain domain) {
        super(context, index, processors);
        this.domain = domain;
    }

    void rank() {
        priority = credits >= 0 ? Priority.UNDER : Priority.OVER;
    }
}
