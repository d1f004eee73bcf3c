package dev.backplane.api.scheduler;

import dev.backplane.api.part.RevokedException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The vCPUs of all machines that share the host's processors: as many run as there are processors, the others wait, and a {@link
 * SchedulingPolicy} chooses. A scheduler passes the calls that it gets on to it. Callable on any thread; holds its lock for a few
 * comparisons for each vCPU, calls nothing but the policy and {@link SchedulerContext}s meanwhile, and allocates nothing in the steady
 * state.
 *
 * <p>A processor is a right to run, not a place: the host's kernel may still move threads among those on which a vCPU may run.
 *
 * @param <V> what the policy knows of a vCPU
 */
public final class RunQueue<V extends QueuedVcpu> {
    /** Who has had a processor for so long may have gone with his machine without a word; who waits looks so often whether that is so. */
    private static final long SUSPICIOUS_NANOS = 1_000_000_000L;

    private final SchedulingPolicy<V> policy;
    private final List<V> waiting = new ArrayList<>();
    private final List<V> running = new ArrayList<>();
    private final BitSet processors = new BitSet();
    private final BitSet free = new BitSet();

    /** Who asks again when the first that may not run now may. */
    private @Nullable QueuedVcpu alarm;

    private long alarmAt;

    /**
     * An empty queue.
     *
     * @param policy who chooses
     */
    public RunQueue(SchedulingPolicy<V> policy) {
        this.policy = policy;
    }

    /**
     * Runs something under the queue's lock: a change of what the policy knows. Whoever may run because of it does then.
     *
     * @param change must not block
     */
    public synchronized void change(Runnable change) {
        change.run();
        tellAll();
    }

    /**
     * As {@link VcpuScheduler#slice}.
     *
     * @param vcpu who asks
     * @return what it is to be answered
     */
    public synchronized long slice(V vcpu) {
        long now = vcpu.context.hostNanos();
        switch (vcpu.state) {
            case GRANTED -> {
                if (!vcpu.preempted) {
                    return start(vcpu);
                }
                settle(vcpu, now);
                await(vcpu, false, now);
            }
            case RUNNING -> {
                settle(vcpu, now);
                await(vcpu, false, now);
            }
            case RESTING -> await(vcpu, true, now);
            case WAITING -> {}
        }
        if (alarm == vcpu) {
            alarm = null;
        }
        dispatch(vcpu, now);
        vcpu.yields = false;
        if (vcpu.state == QueuedVcpu.State.GRANTED) {
            watch(null, now);
            return start(vcpu);
        }
        preemptFor(vcpu, now);
        watch(vcpu, now);
        // Whoever is forgotten finds out by himself.
        return alarm == vcpu ? Math.clamp(now - alarmAt, -SUSPICIOUS_NANOS, -1) : -SUSPICIOUS_NANOS;
    }

    private long start(V vcpu) {
        vcpu.state = QueuedVcpu.State.RUNNING;
        if (vcpu.chargedNanos < 0) {
            vcpu.chargedNanos = vcpu.context.cpuNanos(vcpu.index);
        }
        return vcpu.sliceNanos;
    }

    private void await(V vcpu, boolean rested, long now) {
        policy.ready(vcpu, rested, now);
        vcpu.enter(QueuedVcpu.State.WAITING, now);
        waiting.add(vcpu);
        cover(vcpu.processors);
    }

    /** Learns of processors from those who may run there. */
    private void cover(BitSet some) {
        for (int i = some.nextSetBit(0); i >= 0; i = some.nextSetBit(i + 1)) {
            if (!processors.get(i)) {
                processors.set(i);
                free.set(i);
            }
        }
    }

    /**
     * As {@link VcpuScheduler#rests}.
     *
     * @param vcpu who rests
     * @param why what it does
     */
    public synchronized void rests(V vcpu, Rest why) {
        long now = vcpu.context.hostNanos();
        if (vcpu.holds()) {
            settle(vcpu, now);
        }
        if (vcpu.state != QueuedVcpu.State.RESTING) {
            policy.rests(vcpu, why, now);
            waiting.remove(vcpu);
            vcpu.enter(QueuedVcpu.State.RESTING, now);
        }
        if (alarm == vcpu) {
            alarm = null;
        }
        dispatch(null, now);
        watch(null, now);
    }

    /** Charges what it has used, on the way into its slice and out of it too, and takes its processor. */
    private void settle(V vcpu, long now) {
        long used = 0;
        if (vcpu.state == QueuedVcpu.State.RUNNING) {
            long spent = vcpu.context.cpuNanos(vcpu.index);
            used = spent - vcpu.chargedNanos;
            vcpu.chargedNanos = spent;
        }
        policy.ran(vcpu, Math.max(0, used), vcpu.sliceNanos, now);
        release(vcpu);
    }

    private void release(V vcpu) {
        if (vcpu.processor >= 0) {
            free.set(vcpu.processor);
            vcpu.processor = -1;
            running.remove(vcpu);
        }
    }

    /**
     * As {@link VcpuScheduler#interrupted} and {@link VcpuScheduler#woken}.
     *
     * @param vcpu for whom something has arrived
     */
    public synchronized void boost(V vcpu) {
        policy.boost(vcpu);
        if (vcpu.waits()) {
            preemptFor(vcpu, vcpu.context.hostNanos());
        }
    }

    /**
     * As {@link VcpuScheduler#spins}.
     *
     * @param vcpu who spins
     */
    public synchronized void spins(V vcpu) {
        if (vcpu.state != QueuedVcpu.State.RUNNING || vcpu.preempted) {
            return;
        }
        long now = vcpu.context.hostNanos();
        for (int i = 0; i < waiting.size(); i++) {
            V other = waiting.get(i);
            if (other.processors.get(vcpu.processor) && policy.sliceNanos(other, now) > 0) {
                vcpu.yields = true;
                vcpu.preempted = true;
                vcpu.context.preempt(vcpu.index);
                return;
            }
        }
    }

    /** Gives free processors to those that wait. */
    private void dispatch(@Nullable QueuedVcpu asking, long now) {
        if (free.isEmpty() && !waiting.isEmpty()) {
            searchLost(now);
        }
        for (int j = 0; j < waiting.size(); j++) {
            waiting.get(j).askAgainAt = 0;
        }
        for (int i = free.nextSetBit(0); i >= 0; i = free.nextSetBit(i + 1)) {
            int best = -1;
            long slice = 0;
            for (int j = 0; j < waiting.size(); j++) {
                V candidate = waiting.get(j);
                if (candidate.processors.get(i)) {
                    long may = policy.sliceNanos(candidate, now);
                    candidate.askAgainAt = may > 0 ? 0 : now - may;
                    if (may > 0 && (best < 0 || precedes(candidate, waiting.get(best)))) {
                        best = j;
                        slice = may;
                    }
                }
            }
            if (best >= 0) {
                grant(waiting.remove(best), i, slice, asking, now);
            }
        }
    }

    private boolean precedes(V vcpu, V other) {
        if (vcpu.yields != other.yields) {
            return other.yields;
        }
        if (policy.before(vcpu, other)) {
            return true;
        }
        return !policy.before(other, vcpu) && vcpu.since() - other.since() < 0;
    }

    private void grant(V vcpu, int processor, long slice, @Nullable QueuedVcpu asking, long now) {
        free.clear(processor);
        vcpu.processor = processor;
        vcpu.sliceNanos = slice;
        vcpu.preempted = false;
        vcpu.enter(QueuedVcpu.State.GRANTED, now);
        running.add(vcpu);
        policy.started(vcpu, slice, now);
        if (vcpu != asking) {
            tell(vcpu);
        }
    }

    private static void tell(QueuedVcpu vcpu) {
        try {
            vcpu.context.proceed(vcpu.index);
        } catch (RevokedException e) {
            // Its machine has gone; whoever looks for lost processors finds this one.
        }
    }

    private void preemptFor(V vcpu, long now) {
        V victim = null;
        for (int i = 0; i < running.size(); i++) {
            V other = running.get(i);
            if (vcpu.processors.get(other.processor)
                    && !other.preempted
                    && policy.preempts(vcpu, other, now)
                    && (victim == null || policy.before(victim, other))) {
                victim = other;
            }
        }
        if (victim != null) {
            victim.preempted = true;
            try {
                victim.context.preempt(victim.index);
            } catch (RevokedException e) {
                forget(victim, now);
            }
        }
    }

    /** Takes processors back from those whose scheduler was cut off while they had them. */
    private void searchLost(long now) {
        for (int i = running.size() - 1; i >= 0; i--) {
            V suspect = running.get(i);
            if (now - suspect.since() > SUSPICIOUS_NANOS) {
                try {
                    suspect.context.hostNanos();
                } catch (RevokedException e) {
                    forget(suspect, now);
                }
            }
        }
    }

    /**
     * Takes a vCPU out whose part ends, whatever state it is in; its machine's context may have been cut. Those that wait ask anew.
     *
     * @param vcpu who goes
     */
    public synchronized void drop(V vcpu) {
        if (vcpu.holds()) {
            forget(vcpu, vcpu.since());
        } else if (vcpu.waits()) {
            policy.rests(vcpu, Rest.HELD, vcpu.since());
            waiting.remove(vcpu);
            vcpu.enter(QueuedVcpu.State.RESTING, vcpu.since());
        }
        if (alarm == vcpu) {
            alarm = null;
        }
        tellAll();
    }

    private void tellAll() {
        for (int i = 0; i < waiting.size(); i++) {
            tell(waiting.get(i));
        }
    }

    private void forget(V vcpu, long now) {
        policy.ran(vcpu, 0, vcpu.sliceNanos, now);
        release(vcpu);
        policy.rests(vcpu, Rest.HELD, now);
        vcpu.enter(QueuedVcpu.State.RESTING, now);
    }

    /** Sees to it that somebody asks again when the first of those that may not run now may. */
    private void watch(@Nullable QueuedVcpu asking, long now) {
        long earliest = Long.MAX_VALUE;
        QueuedVcpu first = null;
        for (int i = 0; i < waiting.size(); i++) {
            V each = waiting.get(i);
            if (each.askAgainAt != 0 && each.askAgainAt - now < earliest) {
                earliest = each.askAgainAt - now;
                first = each;
            }
        }
        if (first == null || alarm != null && alarm.waits() && alarmAt - now <= earliest) {
            return;
        }
        QueuedVcpu next = asking != null && asking.waits() ? asking : first;
        alarm = next;
        alarmAt = now + earliest;
        if (next != asking) {
            tell(next);
        }
    }
}
