package dev.backplane.cpu.bt.internal;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.cpu.CpuType;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import dev.backplane.cpu.bt.internal.host.HostProbe;
import dev.backplane.x86.interp.CodeBudget;
import dev.backplane.x86.system.CpuModel;
import dev.backplane.x86.vcpu.SoftPartition;
import java.util.stream.Collectors;
import org.osgi.service.component.annotations.Component;

/** The binary translator: guest code becomes host machine code. For x86-64 Linux hosts. */
@Component
@CpuType("bt")
public final class BtBackend implements CpuBackend<BtOptions> {
    /** Not chosen by {@code auto} yet. */
    private static final int PREFERENCE = 0;

    private static final int MAX_VCPUS = 16;

    /** The interpreters of all machines decode on one account. */
    private final CodeBudget code = CodeBudget.ofHeap();

    @Override
    public CpuProbe probe() {
        String obstacle = HostProbe.obstacle();
        return obstacle.isEmpty()
                ? new CpuProbe(PREFERENCE, true, "binary translation to the host's machine code")
                : new CpuProbe(PREFERENCE, false, obstacle);
    }

    /** On virtual time the interpreter runs. */
    @Override
    public boolean countsInstructions() {
        return true;
    }

    @Override
    public Partition create(BtOptions options, PartitionContext context) throws ConfigurationException {
        return new SoftPartition(context, model(context), code, BtExecution::new);
    }

    @Override
    public Partition restore(BtOptions options, PartitionContext context, PartitionState state)
            throws StateException, ConfigurationException {
        var partition = new SoftPartition(context, model(context), code, BtExecution::new);
        try {
            partition.restore(state);
        } catch (StateException e) {
            partition.close();
            throw e;
        }
        return partition;
    }

    private static CpuModel model(PartitionContext context) throws ConfigurationException {
        if (context.vcpus() > MAX_VCPUS) {
            throw new ConfigurationException(
                    "cpus: %d: cpu type bt runs from 1 to %d".formatted(context.vcpus(), MAX_VCPUS));
        }
        return CpuModel.named(context.cpuModel())
                .orElseThrow(() -> new ConfigurationException("cpu.model: %s: cpu type bt knows %s"
                        .formatted(
                                context.cpuModel(),
                                CpuModel.all().stream().map(CpuModel::name).collect(Collectors.joining(", ")))));
    }
}
