package dev.backplane.scheduler.host.internal;

import dev.backplane.api.part.Configurable;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.scheduler.Rest;
import dev.backplane.api.scheduler.SchedulerContext;
import dev.backplane.api.scheduler.VcpuScheduler;
import java.util.BitSet;

/** Decides nothing: the kernel never asks it. */
final class HostScheduler implements VcpuScheduler<HostState>, Configurable<HostOptions> {
    private static final int NEUTRAL = 100;

    private final SchedulerContext context;
    private final BitSet processors;
    private final boolean bound;
    private int weight;
    private boolean weighted;

    /** @param bound whether the VM file names the processors */
    HostScheduler(SchedulerContext context, int weight, BitSet processors, boolean bound) {
        this.context = context;
        this.weight = weight;
        this.processors = processors;
        this.bound = bound;
    }

    @Override
    public boolean schedules() {
        return false;
    }

    @Override
    public void resume(Resumption why) {
        if (bound) {
            context.bind(processors);
        }
        weigh();
    }

    /** A machine that nobody has given a weight needs no group. */
    private void weigh() {
        if (weighted || weight != NEUTRAL) {
            weighted = context.hostWeight(weight);
        }
    }

    @Override
    public void configure(HostOptions options) {
        weight = options.weight();
        weigh();
    }

    @Override
    public long slice(int vcpu) {
        return UNLIMITED;
    }

    @Override
    public void rests(int vcpu, Rest why) {}

    @Override
    public void quiesce(Deadline deadline) {}

    @Override
    public HostState save() {
        return new HostState();
    }

    @Override
    public void close() {}
}
