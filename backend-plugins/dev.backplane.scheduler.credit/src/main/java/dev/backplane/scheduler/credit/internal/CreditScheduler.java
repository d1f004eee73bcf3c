package dev.backplane.scheduler.credit.internal;

import dev.backplane.api.part.Configurable;
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
final class CreditScheduler implements VcpuScheduler<CreditState>, Configurable<CreditOptions>, Measured {
    private final RunQueue<CreditVcpu> queue;
    private final CreditPolicy policy;
    private final SchedulerContext context;
    private final BitSet processors;
    private final CreditDomain domain;
    private boolean joined;

    CreditScheduler(
            RunQueue<CreditVcpu> queue,
            CreditPolicy policy,
            CreditOptions options,
            SchedulerContext context,
            BitSet processors,
            long[] credits) {
        this.queue = queue;
        this.policy = policy;
        this.context = context;
        this.processors = processors;
        domain = new CreditDomain(options.weight(), options.cap(), context.vcpus());
        for (int i = 0; i < domain.vcpus.length; i++) {
            domain.vcpus[i] = new CreditVcpu(context, i, processors, domain);
            domain.vcpus[i].credits = i < credits.length ? Math.min(credits[i], CreditPolicy.PERIOD_NANOS) : 0;
            domain.vcpus[i].rank();
        }
    }

    @Override
    public void resume(Resumption why) {
        context.bind(processors);
        queue.change(() -> policy.join(domain, processors));
        joined = true;
    }

    @Override
    public long slice(int vcpu) {
        return queue.slice(domain.vcpus[vcpu]);
    }

    @Override
    public void rests(int vcpu, Rest why) {
        queue.rests(domain.vcpus[vcpu], why);
    }

    @Override
    public void interrupted(int vcpu, int from) {
        queue.boost(domain.vcpus[vcpu]);
    }

    @Override
    public void spins(int vcpu) {
        queue.spins(domain.vcpus[vcpu]);
    }

    @Override
    public void configure(CreditOptions options) {
        queue.change(() -> {
            domain.weight = options.weight();
            domain.cap = options.cap();
        });
    }

    @Override
    public void quiesce(Deadline deadline) {
        if (joined) {
            joined = false;
            for (CreditVcpu vcpu : domain.vcpus) {
                queue.rests(vcpu, Rest.HELD);
            }
            queue.change(() -> policy.leave(domain));
        }
    }

    @Override
    public CreditState save() {
        long[] credits = new long[domain.vcpus.length];
        for (int i = 0; i < credits.length; i++) {
            credits[i] = domain.vcpus[i].credits;
        }
        return new CreditState(credits);
    }

    @Override
    public Map<String, Long> statistics() {
        long used = 0;
        for (CreditVcpu vcpu : domain.vcpus) {
            used += vcpu.usedNanos;
        }
        return Map.of("processor-ms", TimeUnit.NANOSECONDS.toMillis(used));
    }

    /** One that was given up while it ran has not left the queue. */
    @Override
    public void close() {
        if (joined) {
            joined = false;
            for (CreditVcpu vcpu : domain.vcpus) {
                queue.drop(vcpu);
            }
            queue.change(() -> policy.leave(domain));
        }
    }
}
