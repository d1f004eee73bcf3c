package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.debug.DebugStop;
import dev.backplane.api.vm.VmException;
import dev.backplane.api.vm.VmState;
import dev.backplane.kernel.internal.file.VmFile.OnReboot;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What follows for a machine from what its vCPUs meet. Called on their threads; what takes time is left to the control thread. */
final class VcpuReports implements VcpuEvents {
    private final Host host;
    private final OnReboot onReboot;
    private final Observation observation;
    private final Trial trial;

    /** The machine. */
    interface Host extends Observation.Host, Trial.Host {
        /** Runs something on the control thread. */
        void later(Runnable task);

        /** Starts the guest from the beginning, or ends the machine. */
        void reset(String reason);

        /** A vCPU has been waiting for a bay for a moment: looks after a while whether it still is. */
        void watchParked();

        /** Where its memory still comes from, page by page, if from files. */
        Optional<Path> readsFrom();
    }

    VcpuReports(Host host, OnReboot onReboot, Observation observation, Trial trial) {
        this.host = host;
        this.onReboot = onReboot;
        this.observation = observation;
        this.trial = trial;
    }

    @Override
    public void shutDown(int vcpu, String report) {
        String reason = "triple fault of vCPU " + vcpu + (report.isEmpty() ? "" : "\n" + report);
        Optional<Partition> engine = engineNow();
        host.later(() -> {
            // Perhaps it was reset meanwhile.
            if (engine.equals(engineNow())) {
                shutDownNow(vcpu, reason);
            }
        });
    }

    private Optional<Partition> engineNow() {
        return host.wired().flatMap(made -> made.bays().cpu().partition());
    }

    private void shutDownNow(int vcpu, String reason) {
        if (!observation.shutDown(vcpu, reason) && !trial.lost(reason)) {
            if (host.wired().isPresent() && onReboot == OnReboot.RESTART) {
                host.notice(reason);
            }
            host.reset(reason);
        }
    }

    @Override
    public void debugStop(int vcpu, DebugStop why) {
        host.later(() -> observation.met(vcpu, why));
    }

    @Override
    public void engine(List<Vcpu> vcpus) {
        try {
            observation.engine(vcpus);
        } catch (VmException | UnsupportedOperationException e) {
            host.over(VmState.FAILED, 1, String.valueOf(e.getMessage()));
        }
    }

    @Override
    public void cannotGoOn(int vcpu, String report) {
        engineOver("vCPU " + vcpu + ": " + report);
    }

    @Override
    public void engineFailed(int vcpu, String reason) {
        // What the JVM makes of a page that the host cannot read.
        String files = reason.startsWith(InternalError.class.getName())
                ? host.readsFrom()
                        .map(folder -> "; its memory still came from %s, perhaps the host could not read that"
                                .formatted(folder))
                        .orElse("")
                : "";
        engineOver("vCPU " + vcpu + ": the CPU backend failed: " + reason + files);
    }

    private void engineOver(String reason) {
        if (!trial.lost(reason)) {
            host.over(VmState.FAILED, 1, reason);
        }
    }

    @Override
    public void journalFailed(String reason) {
        host.over(VmState.FAILED, 1, reason);
    }

    @Override
    public void journalEnded() {
        host.over(VmState.STOPPED, 0, "the recording has ended");
    }

    @Override
    public void parked(int vcpu) {
        host.watchParked();
    }
}
