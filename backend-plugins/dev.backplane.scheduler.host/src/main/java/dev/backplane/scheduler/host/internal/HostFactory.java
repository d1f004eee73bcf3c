package dev.backplane.scheduler.host.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.scheduler.ProcessorList;
import dev.backplane.api.scheduler.SchedulerContext;
import dev.backplane.api.scheduler.SchedulerFactory;
import dev.backplane.api.scheduler.SchedulerType;
import dev.backplane.api.scheduler.VcpuScheduler;
import org.osgi.service.component.annotations.Component;

/** Leaves vCPUs to the host's kernel. */
@Component
@SchedulerType("host")
public final class HostFactory implements SchedulerFactory<HostOptions, HostState> {
    @Override
    public VcpuScheduler<HostState> create(HostOptions options, SchedulerContext context)
            throws ConfigurationException {
        return new HostScheduler(
                context,
                options.weight(),
                ProcessorList.read(options.affinity(), context.processors()),
                !options.affinity().isEmpty());
    }

    @Override
    public VcpuScheduler<HostState> restore(HostOptions options, SchedulerContext context, HostState state)
            throws ConfigurationException {
        return create(options, context);
    }
}
