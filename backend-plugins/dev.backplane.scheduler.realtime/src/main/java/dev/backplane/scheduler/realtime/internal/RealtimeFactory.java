package dev.backplane.scheduler.realtime.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.scheduler.ProcessorList;
import dev.backplane.api.scheduler.RunQueue;
import dev.backplane.api.scheduler.SchedulerContext;
import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.api.scheduler.SchedulerType;
import dev.backplane.api.scheduler.VcpuScheduler;
import org.osgi.service.component.annotations.Component;

/** Soft real time. All that it knows is the queue of the process, and what it has promised. */
@Component
@SchedulerType("realtime")
public final class RealtimeFactory implements SchedulerFactory<RealtimeOptions, RealtimeState> {
    private final RunQueue<RealtimeVcpu> queue = new RunQueue<>(new RealtimePolicy());
    private final Admission admission = new Admission();

    @Override
    public VcpuScheduler<RealtimeState> create(RealtimeOptions options, SchedulerContext context)
            throws ConfigurationException {
        return restore(options, context, new RealtimeState(new long[0]));
    }

    @Override
    public VcpuScheduler<RealtimeState> restore(RealtimeOptions options, SchedulerContext context, RealtimeState state)
            throws ConfigurationException {
        return new RealtimeScheduler(
                queue,
                admission,
                Reservation.of(options),
                context,
                ProcessorList.read(options.affinity(), context.processors()),
                state);
    }
}
