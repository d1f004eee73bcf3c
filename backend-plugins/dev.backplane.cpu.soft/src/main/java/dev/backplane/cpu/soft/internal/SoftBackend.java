package dev.backplane.cpu.soft.internal;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.cpu.CpuType;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import dev.backplane.x86.interp.CodeBudget;
import dev.backplane.x86.system.CpuModel;
import dev.backplane.x86.vcpu.Execution;
import dev.backplane.x86.vcpu.SoftPartition;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Component;

/** The x86-64 interpreter: the CPU backend that works on every host. */
@Component
@CpuType("soft")
public final class SoftBackend implements CpuBackend<SoftOptions> {
    /** Below any backend that executes on the host's own processor. */
    private static final int PREFERENCE = 10;

    /** All machines of the process decode on one account. */
    private final CodeBudget code = CodeBudget.ofHeap();

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
        return new SoftPartition(context, model(context), code, Execution::interpreted);
    }

    @Override
    public Partition restore(SoftOptions options, PartitionContext context, PartitionState state)
            throws StateException, ConfigurationException {
        var partition = new SoftPartition(context, model(context), code, Execution::interpreted);
        try {
            partition.restore(state);
        } catch (StateException e) {
            partition.close();
            throw e;
        }
        return partition;
    }

    private static CpuModel model(PartitionContext context) throws ConfigurationException {
        if (context.vcpus() > SoftPartition.MAX_VCPUS) {
            throw new ConfigurationException(
                    "cpus: %d: cpu type soft runs from 1 to %d".formatted(context.vcpus(), SoftPartition.MAX_VCPUS));
        }
        return CpuModel.named(context.cpuModel())
                .orElseThrow(() -> new ConfigurationException("cpu.model: %s: cpu type soft knows %s"
                        .formatted(
                                context.cpuModel(),
                                CpuModel.all().stream().map(CpuModel::name).collect(Collectors.joining(", ")))));
    }
}
