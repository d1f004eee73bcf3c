package dev.backplane.machine.pc.internal.fake;

import dev.backplane.api.machine.MachineContext;
import dev.backplane.api.memory.RamRange;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.machine.pc.internal.bus.MemoryMap;
import java.util.ArrayList;
import java.util.List;

/** A machine around a board, with one vCPU unless the test wants more. */
public final class FakeMachine implements MachineContext {
    /** What the board asked the machine for, in order. */
    public final List<String> requests = new ArrayList<>();

    private final List<RamRange> ram;
    private final FakeMemory memory;
    private final FakeClock clock = new FakeClock();
    private final int vcpus;
    private final int possibleVcpus;

    public FakeMachine(long memoryBytes) throws ConfigurationException {
        this(memoryBytes, 1);
    }

    public FakeMachine(long memoryBytes, int vcpus) throws ConfigurationException {
        this(memoryBytes, vcpus, vcpus);
    }

    public FakeMachine(long memoryBytes, int vcpus, int possibleVcpus) throws ConfigurationException {
        ram = MemoryMap.ram(memoryBytes);
        memory = new FakeMemory(ram);
        this.vcpus = vcpus;
        this.possibleVcpus = possibleVcpus;
    }

    @Override
    public String vm() {
        return "test";
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
    public FakeMemory memory() {
        return memory;
    }

    @Override
    public FakeClock clock() {
        return clock;
    }

    @Override
    public System.Logger logger() {
        return System.getLogger("test");
    }

    @Override
    public void requestReset(String reason) {
        requests.add("reset: " + reason);
    }

    @Override
    public void resetDevice(String device) {
        requests.add("reset device: " + device);
    }

    @Override
    public void processorEjected(int vcpu) {
        requests.add("ejected: " + vcpu);
    }

    @Override
    public void powerOff(String reason) {
        requests.add("off: " + reason);
    }
}
