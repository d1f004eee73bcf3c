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
        int value = exits.readPort(port, size);
        stopIfAsked();
        return value;
    }

    @Override
    public void portOut(int port, int size, int value) {
        counters.portWrites++;
        exits.writePort(port, size, value);
        stopIfAsked();
    }

    @Override
    public long mmioRead(long address, int size) {
        if ((address & ~PAGE_MASK) == apic.mmioPage()) {
            return apic.readPage((int) address & PAGE_MASK, size);
        }
        counters.memoryReads++;
        long value = exits.readMemory(address, size);
        stopIfAsked();
        return value;
    }

    @Override
    public void mmioWrite(long address, int size, long value) {
        if ((address & ~PAGE_MASK) == apic.mmioPage()) {
            apic.writePage((int) address & PAGE_MASK, size, value);
            return;
        }
        counters.memoryWrites++;
        exits.writeMemory(address, size, value);
        stopIfAsked();
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
