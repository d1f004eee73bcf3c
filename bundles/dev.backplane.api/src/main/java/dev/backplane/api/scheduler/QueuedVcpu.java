package dev.backplane.api.scheduler;

import java.util.BitSet;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A vCPU as a {@link RunQueue} knows it. A scheduler extends it by what its {@link SchedulingPolicy} has to know; everything in it is
 * looked at and changed under the queue's lock alone.
 */
@ConsumerType
public abstract class QueuedVcpu {
    /** Where it is. */
    enum State {
        /** It wants nothing. */
        RESTING,
        /** It waits for a processor. */
        WAITING,
        /** It has a processor, and does not know it yet. */
        GRANTED,
        /** It has a processor. */
        RUNNING
    }

    final SchedulerContext context;
    final int index;
    BitSet processors;
    State state = State.RESTING;
    int processor = -1;
    long sliceNanos;
    /** What its thread had used when it was charged last; -1: it has not run yet. */
    long chargedNanos = -1;

    long askAgainAt;
    boolean preempted;
    boolean yields;
    private long since;

    /**
     * A vCPU that rests.
     *
     * @param context its machine's
     * @param index its number
     * @param processors where it may run; not changed afterwards
     */
    protected QueuedVcpu(SchedulerContext context, int index, BitSet processors) {
        this.context = context;
        this.index = index;
        this.processors = processors;
    }

    /**
     * Since when it waits, or has its processor.
     *
     * @return as {@link SchedulerContext#hostNanos} counts
     */
    public final long since() {
        return since;
    }

    /**
     * Whether it waits for a processor.
     *
     * @return false while it has one, or rests
     */
    public final boolean waits() {
        return state == State.WAITING;
    }

    void enter(State next, long hostNanos) {
        state = next;
        since = hostNanos;
    }

    boolean holds() {
        return state == State.GRANTED || state == State.RUNNING;
    }
}
