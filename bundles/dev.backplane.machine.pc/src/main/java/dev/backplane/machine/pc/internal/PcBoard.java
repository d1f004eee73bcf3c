package dev.backplane.machine.pc.internal;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.device.Interrupt;
import dev.backplane.api.device.InterruptLine;
import dev.backplane.api.device.RegisterHandler;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.Window;
import dev.backplane.api.machine.Board;
import dev.backplane.api.machine.BootSource;
import dev.backplane.api.machine.MachineContext;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.boot.BootMemory;
import dev.backplane.machine.pc.internal.boot.BootRequest;
import dev.backplane.machine.pc.internal.boot.KernelFile;
import dev.backplane.machine.pc.internal.boot.Loaders;
import dev.backplane.machine.pc.internal.bus.MemoryBus;
import dev.backplane.machine.pc.internal.bus.MemoryMap;
import dev.backplane.machine.pc.internal.bus.PortBus;
import dev.backplane.machine.pc.internal.bus.Unclaimed;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The board {@code pc-1}: buses and what hangs on them. */
final class PcBoard implements Board {
    private final MachineContext context;
    private final PortBus ports;
    private final MemoryBus memory;

    PcBoard(MachineContext context) {
        this.context = context;
        Unclaimed unclaimed = new Unclaimed(context.logger());
        ports = new PortBus(unclaimed);
        memory = new MemoryBus(unclaimed);
        for (RamRange range : context.ram()) {
            memory.reserve("RAM", range.gpa(), range.length());
        }
        memory.reserve("PCI Express configuration space", MemoryMap.ECAM, MemoryMap.ECAM_BYTES);
        memory.reserve("the local APICs", MemoryMap.LOCAL_APIC, MemoryMap.LOCAL_APIC_BYTES);
        memory.reserve("KVM's TSS and identity map", MemoryMap.KVM_PAGES, MemoryMap.KVM_PAGES_BYTES);
    }

    @Override
    public void attach(String device, Shape shape, Map<String, RegisterHandler> windows) throws ConfigurationException {
        try {
            for (Window window : shape.windows()) {
                claim(device, window, windows.get(window.name()));
            }
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
    public InterruptLine line(String device, Interrupt interrupt) {
        return up -> {};
    }

    @Override
    public void connect(@Nullable Partition partition) {}

    @Override
    public VcpuState load(BootSource boot) throws ConfigurationException {
        KernelFile kernel = KernelFile.read(boot.kernel());
        return Loaders.load(kernel, new BootRequest(boot, new BootMemory(context.memory()), context.ram(), 0));
    }

    @Override
    public void reset() {}

    @Override
    public void running(boolean running) {}

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
        return 7;
    }

    @Override
    public void endOfInterrupt(int vector) {}

    @Override
    public void close() {}
}
