package dev.backplane.scheduler.credit.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.scheduler.ProcessorList;
import dev.backplane.api.scheduler.RunQueue;
import dev.backplane.api.scheduler.SchedulerContext;
import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.api.scheduler.SchedulerType;
import dev.backplane.api.scheduler.VcpuScheduler;
import org.osgi.service.component.annotations.Component;

/** Xen's credit model. All that it knows is the queue of the process. */
@Component
@SchedulerType("credit")
public final class CreditFactory implements SchedulerFactory<CreditOptions, CreditState> {
    private final CreditPolicy policy = new CreditPolicy();
    private final RunQueue<CreditVcpu> queue = new RunQueue<>(policy);

    @Override
    public VcpuScheduler<CreditState> create(CreditOptions options, SchedulerContext context)
            throws ConfigurationException {
        return restore(options, context, new CreditState(new long[0]));
    }

    @Override
    public VcpuScheduler<CreditState> restore(CreditOptions options, SchedulerContext context, CreditState state)
            throws ConfigurationException {
        return new CreditScheduler(
                queue,
                policy,
                options,
                context,
                ProcessorList.read(options.affinity(), context.processors()),
                state.creditsNanos());
    }
}
