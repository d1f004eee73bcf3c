package dev.backplane.scheduler.fair.internal;

import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Measured;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.scheduler.Rest;
import dev.backplane.api.scheduler.RunQueue;
import dev.backplane.api.scheduler.SchedulerContext;
import dev.backplane.api.scheduler.VcpuScheduler;
import java.util.BitSet;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One machine in the queue of all. It is there from its resume to its next quiesce. */
final class FairScheduler implements VcpuScheduler<FairState>, Configurable<FairOptions>, Measured {
    private final RunQueue<FairVcpu> queue;
    private final FairPolicy policy;
    private final SchedulerContext context;
    private final BitSet processors;
    private final FairShare share;
    private final FairVcpu[] vcpus;
    private volatile long aheadNanos;
    private boolean joined;

    FairScheduler(
            RunQueue<FairVcpu> queue,
            FairPolicy policy,
            FairOptions options,
            SchedulerContext context,
            BitSet processors,
            FairState from) {
        this.queue = queue;
        this.policy = policy;
        this.context = context;
        this.processors = processors;
        share = new FairShare(options, context.hostNanos());
        if (from != FairFactory.NEW) {
            share.restore(from.allowanceNanos());
        }
        aheadNanos = from.aheadNanos();
        vcpus = new FairVcpu[context.vcpus()];
        for (int i = 0; i < vcpus.length; i++) {
            vcpus[i] = new FairVcpu(context, i, processors, share);
        }
    }

    @Override
    public void resume(Resumption why) {
        context.bind(processors);
        queue.change(() -> policy.join(share, aheadNanos));
        joined = true;
    }

    @Override
    public long slice(int vcpu) {
        return queue.slice(vcpus[vcpu]);
    }

    @Override
    public void rests(int vcpu, Rest why) {
        queue.rests(vcpus[vcpu], why);
    }

    @Override
    public void woken(int vcpu) {
        queue.boost(vcpus[vcpu]);
    }

    @Override
    public void interrupted(int vcpu, int from) {
        queue.boost(vcpus[vcpu]);
    }

    @Override
    public void spins(int vcpu) {
        queue.spins(vcpus[vcpu]);
    }

    @Override
    public void configure(FairOptions options) throws ConfigurationException {
        FairFactory.check(options);
        queue.change(() -> share.apply(options, context.hostNanos()));
    }

    @Override
    public void quiesce(Deadline deadline) {
        leave();
    }

    private void leave() {
        if (joined) {
            joined = false;
            for (FairVcpu vcpu : vcpus) {
                queue.rests(vcpu, Rest.HELD);
            }
            queue.change(() -> aheadNanos = policy.leave(share));
        }
    }

    @Override
    public FairState save() {
        return new FairState(aheadNanos, share.allowanceNanos());
    }

    @Override
    public Map<String, Long> statistics() {
        long used = 0;
        for (FairVcpu vcpu : vcpus) {
            used += vcpu.usedNanos;
        }
        return Map.of("processor-ms", TimeUnit.NANOSECONDS.toMillis(used));
    }

    /** One that was given up while it ran has not left the queue. */
    @Override
    public void close() {
        if (joined) {
            joined = false;
            for (FairVcpu vcpu : vcpus) {
                queue.drop(vcpu);
            }
            queue.change(() -> policy.leave(share));
        }
    }
}
