package dev.backplane.kernel.internal.vm;

import dev.backplane.api.machine.MachineContext;
import dev.backplane.api.memory.GuestMemory;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.time.GuestClock;
import dev.backplane.kernel.internal.bay.Surroundings;
import dev.backplane.kernel.internal.bay.ThriftyLogger;
import dev.backplane.kernel.internal.memory.PartMemory;
import java.util.List;

/** What a board sees of the world. */
final class BoardContext implements MachineContext, AutoCloseable {
    private final Surroundings surroundings;
    private final PartMemory memory;
    private final int vcpus;
    private final int possibleVcpus;
    private final List<RamRange> ram;
    private final System.Logger logger;

    BoardContext(Surroundings surroundings, int vcpus, int possibleVcpus, List<RamRange> ram) {
        this.surroundings = surroundings;
        this.vcpus = vcpus;
        this.possibleVcpus = possibleVcpus;
        this.ram = ram;
        this.memory = new PartMemory(surroundings.ram());
        this.logger = new ThriftyLogger("backplane.part", surroundings.vm() + "/board");
    }

    @Override
    public String vm() {
        return surroundings.vm();
    }

    @Override
    public int vcpus() {
        return vcpus;
    }

    @Override
    public int possibleVcpus() {
        return possibleVcpus;
    }

    @Override
    public List<RamRange> ram() {
        return ram;
    }

    @Override
    public GuestMemory memory() {
        return memory;
    }

    @Override
    public GuestClock clock() {
        return surroundings.clock();
    }

    @Override
    public System.Logger logger() {
        return logger;
    }

    @Override
    public void requestReset(String reason) {
        surroundings.requests().reset(reason);
    }

    @Override
    public void resetDevice(String device) {
        surroundings.requests().resetDevice(device);
    }

    @Override
    public void processorEjected(int vcpu) {
        surroundings.requests().processorEjected(vcpu);
    }

    @Override
    public void powerOff(String reason) {
        surroundings.requests().end(0, reason);
    }

    /** Ends the board's view of memory. */
    @Override
    public void close() {
        memory.close();
    }
}
