package dev.backplane.scheduler.fair.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.scheduler.ProcessorList;
import dev.backplane.api.scheduler.RunQueue;
import dev.backplane.api.scheduler.SchedulerContext;
import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.api.scheduler.SchedulerType;
import dev.backplane.api.scheduler.VcpuScheduler;
import java.time.Duration;
import org.osgi.service.component.annotations.Component;

/** Proportional share. All that it knows is the queue of the process. */
@Component
@SchedulerType("fair")
public final class FairFactory implements SchedulerFactory<FairOptions, FairState> {
    /** The state of a machine that has had nothing. */
    static final FairState NEW = new FairState(0, 0);

    private static final Duration LEAST = Duration.ofMillis(1);
    private static final Duration MOST = Duration.ofSeconds(1);

    private final FairPolicy policy = new FairPolicy();
    private final RunQueue<FairVcpu> queue = new RunQueue<>(policy);

    @Override
    public VcpuScheduler<FairState> create(FairOptions options, SchedulerContext context)
            throws ConfigurationException {
        return restore(options, context, NEW);
    }

    @Override
    public VcpuScheduler<FairState> restore(FairOptions options, SchedulerContext context, FairState state)
            throws ConfigurationException {
        check(options);
        return new FairScheduler(
                queue, policy, options, context, ProcessorList.read(options.affinity(), context.processors()), state);
    }

    static void check(FairOptions options) throws ConfigurationException {
        if (options.slice().compareTo(LEAST) < 0 || options.slice().compareTo(MOST) > 0) {
            throw new ConfigurationException("slice: %d us: expected from %d ms to %d ms"
                    .formatted(options.slice().toNanos() / 1000, LEAST.toMillis(), MOST.toMillis()));
        }
    }
}
