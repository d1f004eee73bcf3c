package dev.backplane.x86.vcpu;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import dev.backplane.x86.interp.CodeBudget;
import dev.backplane.x86.system.CpuModel;
import java.util.stream.Collectors;

/** Makes the partitions of a backend's machines: what a backend in software is, but for its {@link Execution}. Thread-safe. */
public final class SoftPartitions {
    private final String type;
    private final int mostVcpus;
    /** The interpreters of all machines decode on one account. */
    private final CodeBudget code = CodeBudget.ofHeap();

    /**
     * For one backend.
     *
     * @param type the CPU type, for messages
     * @param mostVcpus how many vCPUs a machine may have, up to {@link SoftPartition#MAX_VCPUS}
     */
    public SoftPartitions(String type, int mostVcpus) {
        this.type = type;
        this.mostVcpus = mostVcpus;
    }

    /**
     * The partition of a machine, quiesced, with every vCPU in the state after power-on.
     *
     * @param maker makes what executes the instructions of a vCPU
     * @throws ConfigurationException when there are too many vCPUs, or the model is unknown
     */
    public Partition create(PartitionContext context, Execution.Maker maker) throws ConfigurationException {
        return make(context, maker);
    }

    /**
     * The partition of a machine, quiesced, that goes on from a saved state.
     *
     * @param maker makes what executes the instructions of a vCPU
     * @throws ConfigurationException when there are too many vCPUs, or the model is unknown
     * @throws StateException when it cannot go on from that state
     */
    public Partition restore(PartitionContext context, PartitionState state, Execution.Maker maker)
            throws StateException, ConfigurationException {
        SoftPartition partition = make(context, maker);
        try {
            partition.restore(state);
        } catch (StateException e) {
            partition.close();
            throw e;
        }
        return partition;
    }

    private SoftPartition make(PartitionContext context, Execution.Maker maker) throws ConfigurationException {
        if (context.vcpus() > mostVcpus) {
            throw new ConfigurationException(
                    "cpus: %d: cpu type %s runs from 1 to %d".formatted(context.vcpus(), type, mostVcpus));
        }
        CpuModel model = CpuModel.named(context.cpuModel())
                .orElseThrow(() -> new ConfigurationException("cpu.model: %s: cpu type %s knows %s"
                        .formatted(
                                context.cpuModel(),
                                type,
                                CpuModel.all().stream().map(CpuModel::name).collect(Collectors.joining(", ")))));
        return new SoftPartition(context, model, code, maker);
    }
}
