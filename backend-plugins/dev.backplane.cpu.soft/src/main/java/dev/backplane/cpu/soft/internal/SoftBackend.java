package dev.backplane.cpu.soft.internal;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.cpu.CpuType;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import dev.backplane.x86.vcpu.Execution;
import dev.backplane.x86.vcpu.SoftPartition;
import dev.backplane.x86.vcpu.SoftPartitions;
import org.osgi.service.component.annotations.Component;

/** The x86-64 interpreter: the CPU backend that works on every host. */
@Component
@CpuType("soft")
public final class SoftBackend implements CpuBackend<SoftOptions> {
    /** Below any backend that executes on the host's own processor. */
    private static final int PREFERENCE = 10;

    private final SoftPartitions partitions = new SoftPartitions("soft", SoftPartition.MAX_VCPUS);

    @Override
    public CpuProbe probe() {
        return new CpuProbe(PREFERENCE, true, "interpreter in Java, works on every host");
    }

    @Override
    public boolean countsInstructions() {
        return true;
    }

    @Override
    public Partition create(SoftOptions options, PartitionContext context) throws ConfigurationException {
        return partitions.create(context, Execution::interpreted);
    }

    @Override
    public Partition restore(SoftOptions options, PartitionContext context, PartitionState state)
            throws StateException, ConfigurationException {
        return partitions.restore(context, state, Execution::interpreted);
    }
}
