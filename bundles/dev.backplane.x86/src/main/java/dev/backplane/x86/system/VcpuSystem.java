package dev.backplane.x86.system;

import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.state.StateException;
import dev.backplane.x86.apic.LocalApic;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.interp.OpFamily;
import dev.backplane.x86.interp.SystemUnit;
import dev.backplane.x86.mmu.GuestRam;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.GuestFault;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The system half of one vCPU: its instructions for the engine, the delivery of its events, and its reset. Everything is called
 * on the vCPU's thread or while it does not run.
 */
public final class VcpuSystem implements OpFamily {
    private final Cpu cpu;
    private final CpuModel model;
    private final LocalApic apic;
    private final EventDelivery events;
    private final ControlRegisters control;
    private final Msrs msrs;
    private final KvmClock kvmClock;
    private final SegmentOps segmentOps = new SegmentOps();
    private final TransferOps transferOps;
    private final ControlOps controlOps;
    private final MachineOps machineOps;

    /**
     * The system half of a vCPU, in the state after power-on.
     *
     * @param cpu its registers and memory
     * @param ram the partition's RAM
     * @param model the machine's CPU model
     * @param cpuid its answers to CPUID
     * @param apic its local APIC
     * @param clock its time
     * @param random what RDRAND and RDSEED give
     */
    public VcpuSystem(
            Cpu cpu,
            GuestRam ram,
            CpuModel model,
            CpuidTable cpuid,
            LocalApic apic,
            VcpuClock clock,
            LongSupplier random) {
        this.cpu = cpu;
        this.model = model;
        this.apic = apic;
        cpu.widestShift = 64 - model.linearAddressBits();
        control = new ControlRegisters(ram, apic, model);
        var tasks = new TaskSwitch(control);
        events = new EventDelivery(tasks, apic);
        kvmClock = new KvmClock(cpu, ram, clock);
        msrs = new Msrs(control, apic, clock, kvmClock);
        transferOps = new TransferOps(tasks, events);
        controlOps = new ControlOps(control);
        machineOps = new MachineOps(msrs, new Cpuid(cpuid, apic), clock, random);
        msrs.reset(cpu);
        Reset.powerOn(cpu);
    }

    @Override
    public @Nullable Op op(Insn insn, int mode) {
        Op op = segmentOps.op(insn);
        if (op == null) {
            op = transferOps.op(insn);
        }
        if (op == null) {
            op = controlOps.op(insn);
        }
        return op == null ? machineOps.op(insn) : op;
    }

    /** What delivers this vCPU's exceptions and interrupts. */
    public SystemUnit events() {
        return events;
    }

    /** The last exceptions. */
    public FaultLog faults() {
        return events.log();
    }

    /** The paravirtual clock. */
    public KvmClock kvmClock() {
        return kvmClock;
    }

    /** INIT: the registers of SDM 3A, table 11-1; MSRs, x87 and SSE state stay. */
    public void init() {
        apic.init();
        Reset.init(cpu);
    }

    /** A start-up message: real mode at {@code vector * 4096} (SDM 3A, 10.4.4). */
    public void startUp(int vector) {
        Reset.startUp(cpu, vector);
    }

    /**
     * The architectural state.
     *
     * @param activity whether it executes, which its owner knows
     * @param pendingEvent an event that the owner has yet to deliver
     */
    public VcpuState save(VcpuState.Activity activity, Optional<VcpuState.Event> pendingEvent) {
        return save(activity, pendingEvent, Optional.empty());
    }

    /**
     * The architectural state.
     *
     * @param activity whether it executes, which its owner knows
     * @param pendingEvent an event that the owner has yet to deliver
     * @param pendingWrite a write that the owner has yet to make
     */
    public VcpuState save(
            VcpuState.Activity activity,
            Optional<VcpuState.Event> pendingEvent,
            Optional<VcpuState.Access> pendingWrite) {
        return ArchitecturalState.save(this, activity, pendingEvent, pendingWrite);
    }

    /**
     * Goes on from a state. A pending event is its caller's to deliver, with {@link #deliver}, and so is a {@link
     * PendingWrite}.
     *
     * @param state the state, perhaps another backend's
     * @throws StateException when it does not fit this CPU model; nothing is changed then
     */
    public void load(VcpuState state) throws StateException {
        ArchitecturalState.check(state, model);
        try {
            ArchitecturalState.load(this, state);
        } catch (GuestFault fault) {
            throw new StateException("vCPU state: a model-specific register has a value that this CPU refuses");
        }
    }

    /**
     * The event that an engine could not deliver when it let {@link dev.backplane.api.cpu.ParkedAccess} through: to be delivered
     * by {@link #deliver} before the engine runs again. None where the instruction itself will raise it again.
     */
    public Optional<VcpuState.Event> takeUndelivered() {
        return events.takeUndelivered();
    }

    /**
     * Delivers an event whose delivery had begun. May throw {@link dev.backplane.api.cpu.ParkedAccess}: to be tried again.
     *
     * @return false on a triple fault
     */
    public boolean deliver(VcpuState.Event event) {
        return events.deliver(cpu, event);
    }

    Cpu cpu() {
        return cpu;
    }

    LocalApic apic() {
        return apic;
    }

    ControlRegisters control() {
        return control;
    }

    Msrs msrs() {
        return msrs;
    }

    EventDelivery delivery() {
        return events;
    }
}
