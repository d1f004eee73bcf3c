package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.state.StateException;
import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmVcpu;
import dev.backplane.x86.system.MemoryTypes;
import java.util.ArrayList;
import java.util.List;

/** The model-specific registers that make up a state, as far as this host's KVM has them. */
final class MsrList {
    /** All but EFER, which stands among the control registers, and those that move by themselves. */
    private static final int[] NUMBERS = {
        Msr.STAR,
        Msr.LSTAR,
        Msr.CSTAR,
        Msr.FMASK,
        Msr.KERNEL_GS_BASE,
        Msr.TSC_AUX,
        Msr.SYSENTER_CS,
        Msr.SYSENTER_ESP,
        Msr.SYSENTER_EIP,
        Msr.MISC_ENABLE,
        Msr.PAT,
        Msr.SPEC_CTRL,
        Msr.DEBUGCTL,
        Msr.KVM_WALL_CLOCK,
        Msr.KVM_SYSTEM_TIME,
        Msr.KVM_STEAL_TIME
    };

    private final List<Integer> known = new ArrayList<>();

    /** Asks the host. */
    MsrList(KvmVcpu vcpu) throws HostException {
        for (int number : NUMBERS) {
            addIfKnown(vcpu, number);
        }
        for (VcpuState.Msr msr : MemoryTypes.afterPowerOn()) {
            addIfKnown(vcpu, msr.number());
        }
    }

    private void addIfKnown(KvmVcpu vcpu, int number) throws HostException {
        MsrBuffer one = new MsrBuffer(1);
        one.add(number, 0);
        if (one.read(vcpu) == 1) {
            known.add(number);
        }
    }

    List<VcpuState.Msr> read(KvmVcpu vcpu) throws HostException {
        MsrBuffer buffer = new MsrBuffer(known.size());
        known.forEach(number -> buffer.add(number, 0));
        int read = buffer.read(vcpu);
        if (read != buffer.count()) {
            throw new IllegalStateException(
                    "MSR 0x%x cannot be read any more: expected the host's KVM to know it as at the start"
                            .formatted(buffer.number(read)));
        }
        List<VcpuState.Msr> msrs = new ArrayList<>();
        for (int i = 0; i < buffer.count(); i++) {
            msrs.add(new VcpuState.Msr(buffer.number(i), buffer.value(i)));
        }
        return msrs;
    }

    /**
     * Writes what a state holds. A register that this host does not have may be missing if it is zero.
     *
     * @throws StateException when the host refuses another value
     */
    void write(KvmVcpu vcpu, List<VcpuState.Msr> msrs) throws HostException, StateException {
        List<VcpuState.Msr> left = msrs.stream()
                .filter(msr -> known.contains(msr.number()) || isOurs(msr.number()) && msr.value() != 0)
                .toList();
        while (!left.isEmpty()) {
            MsrBuffer buffer = new MsrBuffer(left.size());
            left.forEach(msr -> buffer.add(msr.number(), msr.value()));
            int written = buffer.write(vcpu);
            if (written < left.size()) {
                VcpuState.Msr refused = left.get(written);
                throw new StateException(("MSR 0x%x: 0x%x: this host's KVM refuses that value: "
                                + "start the machine with a CPU model that all its backends have")
                        .formatted(refused.number(), refused.value()));
            }
            left = left.subList(written, left.size());
        }
    }

    private static boolean isOurs(int number) {
        for (int own : NUMBERS) {
            if (own == number) {
                return true;
            }
        }
        return false;
    }
}
