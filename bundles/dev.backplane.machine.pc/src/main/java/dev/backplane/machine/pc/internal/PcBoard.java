package dev.backplane.machine.pc.internal;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.device.Interrupt;
import dev.backplane.api.device.Interrupt.Trigger;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.Window;
import dev.backplane.api.device.pci.PciPort;
import dev.backplane.api.machine.Board;
import dev.backplane.api.machine.BootSource;
import dev.backplane.api.machine.HotPlugBoard;
import dev.backplane.api.machine.MachineContext;
import dev.backplane.api.machine.PowerButton;
import dev.backplane.api.machine.ProcessorBoard;
import dev.backplane.api.machine.RestorableBoard;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import dev.backplane.machine.pc.internal.acpi.AcpiTables;
import dev.backplane.machine.pc.internal.acpi.AttachedDevice;
import dev.backplane.machine.pc.internal.acpi.Processors;
import dev.backplane.machine.pc.internal.boot.BootMemory;
import dev.backplane.machine.pc.internal.boot.BootRequest;
import dev.backplane.machine.pc.internal.boot.KernelFile;
import dev.backplane.machine.pc.internal.boot.Loaders;
import dev.backplane.machine.pc.internal.bus.MemoryBus;
import dev.backplane.machine.pc.internal.bus.MemoryMap;
import dev.backplane.machine.pc.internal.bus.PortBus;
import dev.backplane.machine.pc.internal.bus.Unclaimed;
import dev.backplane.machine.pc.internal.chip.Interrupts;
import dev.backplane.machine.pc.internal.chip.IntervalTimer;
import dev.backplane.machine.pc.internal.chip.Messages;
import dev.backplane.machine.pc.internal.chip.PowerManagement;
import dev.backplane.machine.pc.internal.chip.ProcessorSlots;
import dev.backplane.machine.pc.internal.chip.ResetControl;
import dev.backplane.machine.pc.internal.pci.PciRoot;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The board {@code pc-1}: buses and what hangs on them. */
final class PcBoard implements Board, HotPlugBoard, ProcessorBoard, PowerButton, RestorableBoard<PcState> {
    private static final int SCI = 9;
    /** Identifiers of local APICs have 8 bits, and the highest means all of them. */
    private static final int MOST_VCPUS = 255;

    private final MachineContext context;
    private final PortBus ports;
    private final MemoryBus memory;
    private final Interrupts interrupts = new Interrupts();
    private final Messages messages = new Messages();
    private final PciRoot pci;
    private final IntervalTimer timer;
    private final PowerManagement power;
    /** Where processors come and go; else nothing in the tables and at the ports tells of it. */
    private final Optional<ProcessorSlots> slots;

    private final ResetControl reset;
    private final List<AttachedDevice> devices = new ArrayList<>();

    PcBoard(MachineContext context) throws ConfigurationException {
        this.context = context;
        if (context.possibleVcpus() > MOST_VCPUS) {
            throw new ConfigurationException(
                    "cpus: %d: pc-1 takes from 1 to %d".formatted(context.possibleVcpus(), MOST_VCPUS));
        }
        pci = new PciRoot(interrupts, messages, context::resetDevice, this::isFixed);
        Unclaimed unclaimed = new Unclaimed(context.logger());
        ports = new PortBus(unclaimed, pci.ports());
        memory = new MemoryBus(unclaimed, pci.memory());
        for (RamRange range : context.ram()) {
            memory.reserve("RAM", range.gpa(), range.length());
        }
        memory.reserve("the local APICs", MemoryMap.LOCAL_APIC, MemoryMap.LOCAL_APIC_BYTES);
        memory.reserve("KVM's TSS and identity map", MemoryMap.KVM_PAGES, MemoryMap.KVM_PAGES_BYTES);
        timer = new IntervalTimer(context.clock(), interrupts, interrupts.line("8254 timer", 0, Trigger.EDGE));
        power = new PowerManagement(
                context.clock(),
                interrupts,
                interrupts.line("ACPI", SCI, Trigger.LEVEL),
                () -> context.powerOff("ACPI soft-off"));
        slots = context.possibleVcpus() > context.vcpus() ? Optional.of(slots()) : Optional.empty();
        reset = new ResetControl(context::requestReset);
        claimChips();
        interrupts.reset();
    }

    private boolean isFixed(long gpa) {
        return memory.isFixed(gpa);
    }

    private ProcessorSlots slots() throws ConfigurationException {
        return new ProcessorSlots(
                interrupts,
                interrupts.line("ACPI events", SCI, Trigger.LEVEL),
                context.vcpus(),
                context.possibleVcpus(),
                context::processorEjected);
    }

    private void claimChips() throws ConfigurationException {
        ports.claim("8259 master", 0x20, 2, interrupts.masterRegisters());
        ports.claim("8254 timer", 0x40, 4, timer.registers());
        ports.claim("system control port B", 0x61, 1, timer.speakerRegister());
        ports.claim("system control port A", ResetControl.PORT_A, 1, reset.portA());
        ports.claim("8259 slave", 0xa0, 2, interrupts.slaveRegisters());
        ports.claim("edge/level control", 0x4d0, 2, interrupts.edgeLevelRegisters());
        ports.claim("ACPI", PowerManagement.PORT, PowerManagement.PORTS, power.registers());
        if (slots.isPresent()) {
            ports.claim(
                    "processors",
                    ProcessorSlots.PORT,
                    slots.get().ports(),
                    slots.get().registers());
        }
        ports.claim(
                "PCI configuration and the reset register",
                PciRoot.PORT,
                PciRoot.PORTS,
                pci.configurationPorts(reset.resetRegister()));
        memory.claim(
                "PCI Express configuration space", MemoryMap.ECAM, MemoryMap.ECAM_BYTES, pci.enhancedConfiguration());
        memory.claim("I/O APIC", MemoryMap.IO_APIC, MemoryMap.IO_APIC_BYTES, interrupts.ioApicRegisters());
    }

    @Override
    public void attach(String device, Shape shape, Map<String, RegisterHandler> windows) throws ConfigurationException {
        try {
            for (Window window : shape.windows()) {
                claim(device, window, windows.get(window.name()));
            }
            for (RamRange range : shape.ram()) {
                if (range.end() > MemoryMap.END) {
                    throw new ConfigurationException("%s: its memory ends at 0x%x: addresses of pc-1 end at 0x%x"
                            .formatted(device, range.end(), MemoryMap.END));
                }
                memory.claimRam(device, range.gpa(), range.length());
            }
            if (shape.pci().isPresent()) {
                pci.attach(device, shape.pci().get(), windows);
            }
            devices.add(new AttachedDevice(device, shape));
        } catch (ConfigurationException e) {
            ports.release(device);
            memory.release(device);
            throw e;
        }
    }

    private void claim(String device, Window window, @Nullable RegisterHandler handler) throws ConfigurationException {
        if (handler == null) {
            throw new ConfigurationException("%s: window %s has no handler".formatted(device, window.name()));
        }
        switch (window.space()) {
            case PORT -> ports.claim(device, (int) window.base(), (int) window.length(), handler);
            case MEMORY -> memory.claim(device, window.base(), window.length(), handler);
        }
    }

    @Override
    public void plug(String device, Shape shape, Map<String, RegisterHandler> windows) throws ConfigurationException {
        if (shape.pci().isEmpty()
                || !shape.windows().isEmpty()
                || !shape.interrupts().isEmpty()) {
            throw new ConfigurationException(device
                    + ": only a PCI device, without ports, addresses or interrupt lines of its own, fits a slot");
        }
        pci.plug(device, shape.pci().get(), windows);
    }

    @Override
    public void insert(String device) {
        pci.insert(device);
    }

    @Override
    public void askToRelease(String device, Runnable released) {
        pci.askToRelease(device, released);
    }

    @Override
    public void unplug(String device) {
        pci.unplug(device);
    }

    @Override
    public PciPort port(String device) {
        return pci.port(device);
    }

    @Override
    public BitSet processors() {
        return slots.map(ProcessorSlots::present).orElseGet(() -> {
            BitSet all = new BitSet();
            all.set(0, context.vcpus());
            return all;
        });
    }

    @Override
    public void insertProcessor(int vcpu) {
        slots.orElseThrow().insert(vcpu);
    }

    @Override
    public void askForProcessor(int vcpu) {
        slots.orElseThrow().ask(vcpu);
    }

    @Override
    public InterruptLine line(String device, Interrupt interrupt) throws ConfigurationException {
        return interrupts.line(device, interrupt.line(), interrupt.trigger());
    }

    @Override
    public void connect(@Nullable Partition partition) {
        interrupts.connect(partition);
        messages.connect(partition);
        pci.connect(partition);
    }

    @Override
    public VcpuState load(BootSource boot) throws ConfigurationException {
        try (Arena arena = Arena.ofConfined()) {
            KernelFile kernel = KernelFile.read(boot.kernel(), arena);
            BootMemory target = new BootMemory(context.memory());
            long rsdp = AcpiTables.place(
                    target, new Processors(processors(), context.possibleVcpus(), slots.isPresent()), devices);
            return Loaders.load(kernel, new BootRequest(boot, target, context.ram(), rsdp, arena));
        }
    }

    @Override
    public void reset() {
        timer.reset();
        power.reset();
        slots.ifPresent(ProcessorSlots::reset);
        reset.reset();
        pci.reset();
        messages.reset();
        interrupts.reset();
    }

    @Override
    public void running(boolean running) {
        // Every chip takes its time from the guest's clock, which stops by itself.
    }

    @Override
    public int readPort(int port, int size) {
        return ports.read(port, size);
    }

    @Override
    public void writePort(int port, int size, int value) {
        ports.write(port, size, value);
    }

    @Override
    public long readMemory(long gpa, int size) {
        return memory.read(gpa, size);
    }

    @Override
    public void writeMemory(long gpa, int size, long value) {
        memory.write(gpa, size, value);
    }

    @Override
    public int acknowledge() {
        return interrupts.acknowledge();
    }

    @Override
    public void endOfInterrupt(int vector) {
        interrupts.endOfInterrupt(vector);
    }

    @Override
    public void press() {
        power.pressPowerButton();
    }

    @Override
    public PcState save() {
        return new PcState(
                interrupts.save(),
                timer.save(),
                power.save(),
                reset.save(),
                pci.save(),
                messages.save(),
                slots.map(ProcessorSlots::save));
    }

    @Override
    public Class<PcState> stateType() {
        return PcState.class;
    }

    @Override
    public void restore(PcState state) throws StateException {
        interrupts.restore(state.interrupts());
        timer.restore(state.timer());
        power.restore(state.power());
        if (state.processors().isPresent()) {
            slots.orElseThrow(() -> new StateException("processors: those of this machine do not come and go"))
                    .restore(state.processors().get());
        }
        reset.restore(state.reset());
        try {
            pci.restore(state.pci());
        } catch (ConfigurationException e) {
            throw new StateException("pci: " + e.getMessage());
        }
        messages.restore(state.messages());
    }

    @Override
    public void close() {
        connect(null);
        timer.close();
        power.close();
    }
}
