package dev.backplane.x86.vcpu;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import dev.backplane.x86.apic.ApicBus;
import dev.backplane.x86.interp.CodeBudget;
import dev.backplane.x86.mmu.GuestRam;
import dev.backplane.x86.system.CpuModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The vCPUs of one machine and the bus between their local APICs. */
public final class SoftPartition implements Partition {
    /** Who has decoded a page's code is kept in the bits of an int. */
    public static final int MAX_VCPUS = 32;

    private final List<SoftVcpu> vcpus = new ArrayList<>();
    private final ApicBus bus;
    private final GuestRam ram;

    /** The partition of a machine, quiesced, with every vCPU in the state after power-on. */
    SoftPartition(PartitionContext context, CpuModel model, CodeBudget code, Execution.Maker maker) {
        ram = new GuestRam(context.ram());
        for (int i = 0; i < context.vcpus(); i++) {
            vcpus.add(new SoftVcpu(context, model, ram, code, i, maker));
        }
        bus = new ApicBus(vcpus.stream().map(SoftVcpu::apic).toList());
    }

    /** Goes on from a saved state. */
    void restore(PartitionState state) throws StateException {
        if (state.vcpus().size() != vcpus.size()) {
            throw new StateException("vCPUs: the state has %d: expected %d, as the machine has"
                    .formatted(state.vcpus().size(), vcpus.size()));
        }
        for (int i = 0; i < vcpus.size(); i++) {
            vcpus.get(i).load(state.vcpus().get(i));
        }
    }

    @Override
    public Vcpu vcpu(int index) {
        return vcpus.get(index);
    }

    @Override
    public void load(int index, VcpuState state) {
        try {
            vcpus.get(index).load(state);
        } catch (StateException e) {
            throw new IllegalArgumentException("vCPU %d: %s".formatted(index, e.getMessage()), e);
        }
    }

    @Override
    public VcpuState state(int index) {
        return vcpus.get(index).save();
    }

    @Override
    public void message(long address, int data) {
        bus.message(address, data);
    }

    @Override
    public void external(boolean up) {
        vcpus.getFirst().apic().setIntrPin(up);
    }

    @Override
    public void written(long offset, long length) {
        ram.written(offset, length);
    }

    @Override
    public void protectPages() {
        ram.protectPages();
    }

    @Override
    public Map<String, Long> statistics() {
        return Counters.sum(vcpus);
    }

    /** The bay keeps the vCPU threads out while the partition is at rest. */
    @Override
    public void quiesce(Deadline deadline) {}

    @Override
    public PartitionState save() {
        return new PartitionState(vcpus.stream().map(SoftVcpu::save).toList());
    }

    @Override
    public void resume(Resumption why) {
        boolean first = why.cause() == Resumption.Cause.START;
        for (SoftVcpu vcpu : vcpus) {
            vcpu.resume(first);
        }
    }

    @Override
    public void close() {
        for (SoftVcpu vcpu : vcpus) {
            vcpu.close();
        }
    }
}
