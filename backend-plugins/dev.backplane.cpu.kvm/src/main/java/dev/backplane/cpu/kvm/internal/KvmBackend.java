package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.CpuBackend;
import dev.backplane.api.cpu.CpuProbe;
import dev.backplane.api.cpu.CpuType;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import dev.backplane.natives.Host;
import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmSystem;
import dev.backplane.x86.system.CpuModel;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The host's processor through {@code /dev/kvm}. */
@Component
@CpuType("kvm")
public final class KvmBackend implements CpuBackend<KvmOptions> {
    /** As many as the identifiers of xAPICs allow. */
    private static final int MOST_VCPUS = 255;

    private final Host host;
    private @Nullable Finding finding;

    /**
     * A backend that has not looked at the host yet.
     *
     * @param host its interfaces
     */
    @Activate
    public KvmBackend(@Reference Host host) {
        this.host = host;
    }

    synchronized Finding finding() {
        Finding found = finding;
        if (found == null) {
            found = new HostProbe(host).find();
            finding = found;
        }
        return found;
    }

    @Override
    public CpuProbe probe() {
        return finding().probe();
    }

    @Override
    public Partition create(KvmOptions options, PartitionContext context) throws ConfigurationException {
        try {
            return make(options, context);
        } catch (HostException e) {
            throw refused(e);
        }
    }

    @Override
    public Partition restore(KvmOptions options, PartitionContext context, PartitionState state)
            throws StateException, ConfigurationException {
        try {
            KvmPartition partition = make(options, context);
            try {
                partition.restore(state);
                return partition;
            } catch (HostException | StateException | RuntimeException e) {
                partition.close();
                throw e;
            }
        } catch (HostException e) {
            throw refused(e);
        }
    }

    private KvmPartition make(KvmOptions options, PartitionContext context)
            throws ConfigurationException, HostException {
        CpuModel model = model(context);
        Finding found = finding();
        if (found.hostClass() == HostClass.EMULATED_SUPERVISOR) {
            context.logger()
                    .log(
                            System.Logger.Level.WARNING,
                            "cpu type kvm: {0}: guests with a kernel will be slow or fail; cpu type soft runs them",
                            found);
        }
        try (KvmSystem system = host.kvm().open()) {
            String lacking = new GuestCpuid(system.supportedCpuid()).vectorsMissing(model);
            if (!model.isOpenEnded() && !lacking.isEmpty()) {
                throw new ConfigurationException(
                        "cpu.model: %s: this host's KVM lacks %s: choose a lower level, or cpu type soft or bt"
                                .formatted(model.name(), lacking));
            }
            KvmPartition.Setting setting = new KvmPartition.Setting(found.toString(), host.events(), options.events());
            return KvmPartition.make(context, model, system, setting);
        }
    }

    private static ConfigurationException refused(HostException failure) {
        return new ConfigurationException("cpu: kvm: the host refuses the machine: " + failure.getMessage());
    }

    private static CpuModel model(PartitionContext context) throws ConfigurationException {
        if (context.vcpus() > MOST_VCPUS) {
            throw new ConfigurationException(
                    "cpus: %d: cpu type kvm runs from 1 to %d".formatted(context.vcpus(), MOST_VCPUS));
        }
        return CpuModel.named(context.cpuModel())
                .orElseThrow(() -> new ConfigurationException("cpu.model: %s: cpu type kvm knows %s"
                        .formatted(
                                context.cpuModel(),
                                CpuModel.all().stream().map(CpuModel::name).collect(Collectors.joining(", ")))));
    }
}
