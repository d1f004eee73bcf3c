package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.Doorbell;
import dev.backplane.api.cpu.DoorbellPartition;
import dev.backplane.api.cpu.MessageWire;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.PartitionState;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.WiredPartition;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import dev.backplane.natives.HostException;
import dev.backplane.natives.event.HostEvents;
import dev.backplane.natives.kvm.KvmSystem;
import dev.backplane.natives.kvm.KvmVcpu;
import dev.backplane.natives.kvm.KvmVm;
import dev.backplane.x86.system.CpuModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The vCPUs of one machine in the host's KVM, with a split interrupt chip: the local APICs are KVM's, the rest is the board's. */
final class KvmPartition implements DoorbellPartition, WiredPartition {
    private static final long X2APIC_IDS_OF_32_BITS = 1;
    /** Registers that KVM does not know, and values that it refuses. */
    private static final long ODD_MSRS = 3;

    private final PartitionContext context;
    private final KvmVm vm;
    private final boolean events;
    private final MachineMemory memory;
    private final MessageRoutes routes;
    private final Doorbells doorbells;
    private final List<KvmCpu> vcpus = new ArrayList<>();
    private final MachineTime time;

    private KvmPartition(PartitionContext context, CpuModel model, KvmSystem system, KvmVm vm, Setting setting)
            throws HostException {
        this.context = context;
        this.vm = vm;
        events = setting.events();
        vm.enable(Capability.X2APIC_API.number(), X2APIC_IDS_OF_32_BITS);
        vm.enable(Capability.X86_USER_SPACE_MSR.number(), ODD_MSRS);
        memory = new MachineMemory(vm, context.ram());
        vm.enable(Capability.SPLIT_IRQCHIP.number(), MessageRoutes.RESERVED);
        routes = new MessageRoutes(vm, setting.counters(), context.logger());
        doorbells = new Doorbells(vm, setting.counters(), context);
        GuestCpuid cpuid = new GuestCpuid(system.supportedCpuid());
        KvmVcpu first = vm.createVcpu(0);
        TimeStampCounter tsc;
        try {
            tsc = new TimeStampCounter(context.clock(), first);
            add(first, cpuid, model, tsc, setting.host());
            for (int i = 1; i < context.vcpus(); i++) {
                KvmVcpu next = vm.createVcpu(i);
                next.setTscKhz((int) (tsc.hz() / 1000));
                add(next, cpuid, model, tsc, setting.host());
            }
        } catch (HostException | RuntimeException e) {
            first.close();
            vcpus.forEach(KvmCpu::close);
            throw e;
        }
        time = new MachineTime(vm, context.clock(), tsc, vcpus);
        vcpus.forEach(vcpu -> vcpu.connect(time));
        tell(model, cpuid.missing(), tsc.shortcoming());
    }

    private void add(KvmVcpu vcpu, GuestCpuid cpuid, CpuModel model, TimeStampCounter tsc, String host)
            throws HostException {
        int index = vcpus.size();
        vcpu.setCpuid(cpuid.of(model, index, context.vcpus(), tsc.hz()));
        vcpus.add(new KvmCpu(context, index, vcpu, tsc, memory, host));
    }

    private void tell(CpuModel model, String missing, String shortcoming) {
        if (!missing.isEmpty()) {
            context.logger()
                    .log(
                            System.Logger.Level.WARNING,
                            "CPU model {0}: this host''s KVM lacks features, the guest goes without: CPUID {1}",
                            model.name(),
                            missing);
        }
        if (!shortcoming.isEmpty()) {
            context.logger()
                    .log(
                            System.Logger.Level.WARNING,
                            "the guest''s time stamp counter cannot be ours on this host: {0}",
                            shortcoming);
        }
    }

    /**
     * What does not depend on the machine.
     *
     * @param host what the probe found out, for reports
     * @param counters makes event counters
     * @param events whether doorbells and interrupts go by them
     */
    record Setting(String host, HostEvents counters, boolean events) {}

    /** Makes a machine in the host. */
    static KvmPartition make(PartitionContext context, CpuModel model, KvmSystem system, Setting setting)
            throws HostException {
        KvmVm vm = system.createVm();
        try {
            return new KvmPartition(context, model, system, vm, setting);
        } catch (HostException | RuntimeException e) {
            vm.close();
            throw e;
        }
    }

    void restore(PartitionState state) throws StateException, HostException {
        if (state.vcpus().size() != vcpus.size()) {
            throw new StateException("vCPUs: the state has %d: expected %d, as the machine has"
                    .formatted(state.vcpus().size(), vcpus.size()));
        }
        for (int i = 0; i < vcpus.size(); i++) {
            put(vcpus.get(i), state.vcpus().get(i));
        }
    }

    private void put(KvmCpu vcpu, VcpuState state) throws StateException, HostException {
        vcpu.load(state);
        routes.hearEndsOf(vcpu.state().levelVectors());
    }

    @Override
    public Vcpu vcpu(int index) {
        return vcpus.get(index);
    }

    @Override
    public void load(int index, VcpuState state) {
        try {
            put(vcpus.get(index), state);
        } catch (StateException | HostException e) {
            throw new IllegalArgumentException("vCPU %d: %s".formatted(index, e.getMessage()), e);
        }
    }

    @Override
    public VcpuState state(int index) {
        try {
            return vcpus.get(index).save();
        } catch (HostException e) {
            throw new IllegalStateException("vCPU %d: %s".formatted(index, e.getMessage()), e);
        }
    }

    /** A local APIC that is disabled takes nothing, as on a board. */
    @Override
    public void message(long address, int data) {
        try {
            routes.send(address, data);
        } catch (HostException e) {
            context.fail("an interrupt message is lost", e);
        }
    }

    @Override
    public void external(boolean up) {
        vcpus.getFirst().external(up);
    }

    /** The host's processor sees what is written. */
    @Override
    public void written(long offset, long length) {}

    /** What vCPUs write from now on is marked by the next call, or when the partition comes to rest. */
    @Override
    public void protectPages() {
        try {
            memory.protectPages();
        } catch (HostException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    @Override
    public Optional<Connection> connect(Doorbell doorbell, Runnable rung) {
        return events ? doorbells.connect(doorbell, rung) : Optional.empty();
    }

    @Override
    public Optional<MessageWire> wire() {
        return events ? routes.wire() : Optional.empty();
    }

    @Override
    public Map<String, Long> statistics() {
        Map<String, Long> figures =
                Counters.sum(vcpus.stream().map(KvmCpu::counters).toList());
        figures.put("doorbells", doorbells.rung());
        figures.put("interrupts.messages", routes.sent());
        return figures;
    }

    /** The bay keeps the vCPU threads out while the partition is at rest. */
    @Override
    public void quiesce(Deadline deadline) throws InterruptedException {
        if (!doorbells.drain(deadline)) {
            throw new IllegalStateException("a device has not returned from its doorbell");
        }
        try {
            time.stop();
            memory.collect();
        } catch (HostException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    @Override
    public PartitionState save() {
        endSignals();
        List<VcpuState> states = new ArrayList<>();
        for (int i = 0; i < vcpus.size(); i++) {
            states.add(state(i));
        }
        return new PartitionState(states);
    }

    @Override
    public void resume(Resumption why) {
        if (why.cause() == Resumption.Cause.START) {
            return;
        }
        try {
            for (KvmCpu vcpu : vcpus) {
                vcpu.host().markClockStopped();
            }
        } catch (HostException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /** What was signalled before reaches its end. */
    private void endSignals() {
        doorbells.disconnectAll();
        routes.endWires();
    }

    @Override
    public void close() {
        doorbells.close();
        routes.endWires();
        vcpus.forEach(KvmCpu::close);
        vm.close();
    }
}
