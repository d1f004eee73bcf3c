package dev.backplane.x86.vcpu;

import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.x86.apic.ApicClock;
import dev.backplane.x86.apic.LocalApic;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Platform;

/**
 * What an engine finds outside its vCPU: the local APIC's page, and the machine behind the exit handler. On the vCPU's
 * thread; allocates nothing.
 */
final class VcpuPlatform implements Platform {
    private static final int PAGE_MASK = 0xfff;

    private final ExitHandler exits;
    private final ApicClock clock;
    private final Counters counters;
    private LocalApic apic;
    private Cpu cpu;

    VcpuPlatform(ExitHandler exits, ApicClock clock, Counters counters) {
        this.exits = exits;
        this.clock = clock;
        this.counters = counters;
    }

    /** The CPU is made with its platform, so the platform learns of it afterwards. */
    void connect(Cpu ofCpu, LocalApic ofApic) {
        cpu = ofCpu;
        apic = ofApic;
    }

    @Override
    public int portIn(int port, int size) {
        counters.portReads++;
        boolean running = cpu.mmu.away();
        int value;
        try {
            value = exits.readPort(port, size);
        } finally {
            cpu.mmu.back(running);
        }
        traced(true, false, port, size, value);
        stopIfAsked();
        return value;
    }

    @Override
    public void portOut(int port, int size, int value) {
        counters.portWrites++;
        boolean running = cpu.mmu.away();
        try {
            exits.writePort(port, size, value);
        } finally {
            cpu.mmu.back(running);
        }
        traced(true, true, port, size, value);
        stopIfAsked();
    }

    @Override
    public long mmioRead(long address, int size) {
        if ((address & ~PAGE_MASK) == apic.mmioPage()) {
            long value = apic.readPage((int) address & PAGE_MASK, size);
            traced(false, false, address, size, value);
            return value;
        }
        counters.memoryReads++;
        boolean running = cpu.mmu.away();
        long value;
        try {
            value = exits.readMemory(address, size);
        } finally {
            cpu.mmu.back(running);
        }
        traced(false, false, address, size, value);
        stopIfAsked();
        return value;
    }

    @Override
    public void mmioWrite(long address, int size, long value) {
        if ((address & ~PAGE_MASK) == apic.mmioPage()) {
            traced(false, true, address, size, value);
            apic.writePage((int) address & PAGE_MASK, size, value);
            return;
        }
        counters.memoryWrites++;
        boolean running = cpu.mmu.away();
        try {
            exits.writeMemory(address, size, value);
        } finally {
            cpu.mmu.back(running);
        }
        traced(false, true, address, size, value);
        stopIfAsked();
    }

    private void traced(boolean port, boolean write, long address, int size, long value) {
        if (cpu.tracer != null) {
            cpu.tracer.access(port, write, address, size, value);
        }
    }

    /** The vCPU leaves the engine behind the instruction that asked for a reset or the like. */
    private void stopIfAsked() {
        if (exits.stopping()) {
            cpu.raise(Cpu.KICK);
        }
    }

    @Override
    public int acknowledgeInterrupt() {
        int vector = apic.acknowledge();
        if (vector < 0 && apic.extIntPending()) {
            vector = exits.acknowledge();
            apic.acknowledgedExtInt();
        }
        if (vector >= 0) {
            counters.interrupts++;
            if (apic.extIntPending() || apic.deliverable() >= 0) {
                cpu.raise(Cpu.INTERRUPT);
            }
        }
        return vector;
    }

    @Override
    public long timestamp() {
        return clock.tsc();
    }
}
