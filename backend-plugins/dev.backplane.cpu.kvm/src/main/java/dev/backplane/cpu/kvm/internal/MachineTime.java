package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.time.GuestClock;
import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmVm;
import java.util.List;

/**
 * Sets a machine's time going where it stood: the paravirtual clock, the time stamp counters, the timers of the local APICs, the
 * deadlines, in this order. Only the first vCPU that runs can do that, since the guest's clock goes on a moment after the
 * partition was told to.
 */
final class MachineTime {
    private final KvmVm vm;
    private final GuestClock clock;
    private final TimeStampCounter tsc;
    private final List<KvmCpu> vcpus;
    private volatile boolean standing = true;

    MachineTime(KvmVm vm, GuestClock clock, TimeStampCounter tsc, List<KvmCpu> vcpus) {
        this.vm = vm;
        this.clock = clock;
        this.tsc = tsc;
        this.vcpus = vcpus;
    }

    /** The clock has stopped and no vCPU runs. */
    synchronized void stop() throws HostException {
        if (!standing) {
            for (KvmCpu vcpu : vcpus) {
                vcpu.freeze();
            }
            standing = true;
        }
    }

    /** Before a vCPU runs, on its thread; the others wait for the first. */
    void ensureGoing() throws HostException {
        if (standing) {
            start();
        }
    }

    private synchronized void start() throws HostException {
        if (!standing) {
            return;
        }
        vm.setClockNanos(clock.nanos());
        long common = tsc.commonOffset(vcpus.getFirst().host());
        for (KvmCpu vcpu : vcpus) {
            vcpu.thaw(clock, common);
        }
        standing = false;
    }
}
