package dev.backplane.scheduler.fair.internal;

import dev.backplane.api.scheduler.QueuedVcpu;
import dev.backplane.api.scheduler.SchedulerContext;
import java.util.BitSet;

/** A vCPU of a machine with a share. Guarded by the run queue. */
final class FairVcpu extends QueuedVcpu {
    final FairShare share;

    /** What it has used. */
    long usedNanos;

    /** An interrupt waits for it: it comes before its sisters. */
    boolean boosted;

    /** It rested before it began to wait. */
    boolean woken;

    FairVcpu(SchedulerContext context, int index, BitSet processors, FairShare share) {
        super(context, index, processors);
        this.share = share;
    }
}
