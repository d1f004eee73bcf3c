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
import dev.backplane.cpu.bt.internal.host.PerfMap;
import dev.backplane.cpu.bt.internal.run.BlockWatch;
import dev.backplane.x86.vcpu.Execution;
import dev.backplane.x86.vcpu.SoftPartitions;
import java.io.IOException;
import org.osgi.service.component.annotations.Component;

/** The binary translator: guest code becomes host machine code. For x86-64 Linux hosts. */
@Component
@CpuType("bt")
public final class BtBackend implements CpuBackend<BtOptions> {
    /** Above the interpreter, below the host's processor itself. */
    private static final int PREFERENCE = 50;

    private static final int MAX_VCPUS = 16;

    private final SoftPartitions partitions = new SoftPartitions("bt", MAX_VCPUS);
    private final PerfMap perfMap = new PerfMap();

    @Override
    public CpuProbe probe() {
        String obstacle = HostProbe.obstacle();
        return obstacle.isEmpty()
                ? new CpuProbe(PREFERENCE, true, "binary translation to the host's machine code")
                : new CpuProbe(PREFERENCE, false, obstacle);
    }

    @Override
    public boolean countsInstructions() {
        return true;
    }

    @Override
    public Partition create(BtOptions options, PartitionContext context) throws ConfigurationException {
        return partitions.create(context, maker(options));
    }

    @Override
    public Partition restore(BtOptions options, PartitionContext context, PartitionState state)
            throws StateException, ConfigurationException {
        return partitions.restore(context, state, maker(options));
    }

    private Execution.Maker maker(BtOptions options) throws ConfigurationException {
        try {
            PerfMap names = options.perfMap() ? perfMap.open() : null;
            return (cpu, interpreter, decoders) -> new BtExecution(
                    cpu, interpreter, decoders, new BlockWatch(options.verify() ? BlockWatch.verifier() : null, names));
        } catch (IOException e) {
            throw new ConfigurationException("cpu.perfMap: " + e.getMessage(), e);
        }
    }
}
