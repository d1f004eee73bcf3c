package dev.backplane.cpu.kvm.internal;

import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.ParkedAccess;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.SelfWakingVcpu;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.part.RevokedException;
import dev.backplane.api.state.StateException;
import dev.backplane.api.time.GuestClock;
import dev.backplane.natives.HostException;
import dev.backplane.natives.kvm.KvmVcpu;
import dev.backplane.x86.system.PendingWrite;
import org.jspecify.annotations.Nullable;

/**
 * One vCPU's loop around KVM_RUN. A halted vCPU waits in the host, so that {@link Stop#HALTED} never comes. Everything belongs
 * to the thread that calls {@link #run}, or to whoever holds the vCPUs still, but for {@link #kick} and {@link #external}.
 * Allocates nothing between two stops.
 */
final class KvmCpu implements SelfWakingVcpu {
    private final int index;
    private final KvmVcpu vcpu;
    private final ExitHandler exits;
    private final System.Logger logger;
    private final RunArea area;
    private final AccessExit access;
    private final PendingWrite pendingWrite = new PendingWrite();
    private final Counters counters = new Counters();
    private final StateBlocks blocks;
    private final CpuState state;
    private final Report report;
    private @Nullable MachineTime time;

    /** The guest was left for an access that has not been carried out to its end. */
    private boolean parked;

    private boolean shutDown;
    private volatile boolean kicked;
    private volatile boolean external;

    KvmCpu(PartitionContext context, int index, KvmVcpu vcpu, TimeStampCounter tsc, MachineMemory memory, String host)
            throws HostException {
        this.index = index;
        this.vcpu = vcpu;
        exits = context.exits(index);
        logger = context.logger();
        area = new RunArea(vcpu.area());
        area.shareRegisters();
        access = new AccessExit(area, exits, counters);
        blocks = new StateBlocks(vcpu);
        state = new CpuState(index, blocks, tsc, context.clock());
        report = new Report(index, blocks, memory, host);
    }

    void connect(MachineTime machineTime) {
        time = machineTime;
    }

    KvmVcpu host() {
        return vcpu;
    }

    Counters counters() {
        return counters;
    }

    CpuState state() {
        return state;
    }

    @Override
    public void kick() {
        kicked = true;
        vcpu.kick();
    }

    /** The level of the 8259 pair's output. Any thread. */
    void external(boolean up) {
        external = up;
        if (up) {
            vcpu.kick();
        }
    }

    @Override
    public boolean runnable() {
        return !shutDown;
    }

    @Override
    public boolean halted() {
        try {
            return !shutDown && !external && blocks.waits();
        } catch (HostException e) {
            // The next run says why it cannot go on.
            return false;
        }
    }

    @Override
    public Stop run() throws CpuException {
        try {
            return loop();
        } catch (ParkedAccess away) {
            counters.parked++;
            return Stop.PARKED;
        } catch (HostException e) {
            throw new CpuException(report.refused(e));
        } catch (RevokedException e) {
            throw e;
        } catch (RuntimeException e) {
            // A gap of our own, or a plugin's fault that its bay did not catch.
            throw new CpuException(report.failed(e));
        }
    }

    private Stop loop() throws HostException, CpuException {
        if (kicked) {
            return kickSeen();
        }
        if (exits.stopping()) {
            return Stop.MACHINE;
        }
        if (shutDown) {
            return Stop.SHUTDOWN;
        }
        if (time != null) {
            time.ensureGoing();
        }
        pendingWrite.carryOut(exits);
        if (parked) {
            carryOut();
        }
        while (true) {
            if (exits.stopping()) {
                // The instruction that asked for it is completed, and no other begun.
                vcpu.kick();
            }
            offerInterrupt();
            if (!vcpu.run()) {
                if (kicked) {
                    return kickSeen();
                }
                if (exits.stopping()) {
                    return Stop.MACHINE;
                }
            } else if (handle()) {
                return Stop.SHUTDOWN;
            }
        }
    }

    private Stop kickSeen() {
        kicked = false;
        counters.kicks++;
        return Stop.KICKED;
    }

    /** Returns whether the vCPU has shut down. */
    private boolean handle() throws HostException, CpuException {
        switch (area.reason()) {
            case RunArea.IO, RunArea.MMIO -> {
                access.begin();
                carryOut();
            }
            case RunArea.IRQ_WINDOW_OPEN -> counters.windows++;
            case RunArea.IOAPIC_EOI -> {
                counters.ends++;
                exits.endOfInterrupt(area.eoiVector());
            }
            case RunArea.RDMSR, RunArea.WRMSR -> refuseMsr();
            case RunArea.INTR, RunArea.HLT -> {
                // Looked at above.
            }
            case RunArea.SHUTDOWN -> {
                shutDown = true;
                logger.log(System.Logger.Level.INFO, report.tripleFault());
                return true;
            }
            case RunArea.INTERNAL_ERROR -> throw new CpuException(report.internalError(area));
            case RunArea.FAIL_ENTRY -> throw new CpuException(report.entryRefused(area));
            default -> throw new CpuException(report.unknownExit(area));
        }
        return false;
    }

    private void carryOut() {
        parked = true;
        access.carryOut();
        parked = false;
    }

    /** A register that neither KVM nor our CPU models have. */
    private void refuseMsr() {
        counters.msrs++;
        if (logger.isLoggable(System.Logger.Level.DEBUG)) {
            logger.log(
                    System.Logger.Level.DEBUG,
                    "vCPU {0}: MSR 0x{1} does not exist: #GP",
                    index,
                    Integer.toHexString(area.msrIndex()));
        }
        area.refuseMsr();
    }

    /** The acknowledge cycle is made when the guest takes the interrupt, and not before. */
    private void offerInterrupt() throws HostException {
        if (external && area.readyForInterrupt()) {
            counters.interrupts++;
            area.inject(exits.acknowledge());
            // It may have been halted.
            blocks.makeRunnable();
        }
        area.requestWindow(external);
    }

    // While it does not run

    /** Notes what moves by itself; the clock has stopped. */
    void freeze() throws HostException {
        state.freeze();
    }

    /** Sets it going. */
    void thaw(GuestClock clock, long commonOffset) throws HostException {
        state.thaw(clock, commonOffset);
    }

    /** The architectural state, at an instruction boundary: a read that waits is begun anew, a write is kept. */
    VcpuState save() throws HostException {
        if (parked && access.writes()) {
            finishWrites();
        }
        return state.read(shutDown, pendingWrite.left());
    }

    private void finishWrites() throws HostException {
        pendingWrite.add(access.remainder());
        parked = false;
        while (completes()) {
            if (!access.writes()) {
                parked = true;
                return;
            }
            pendingWrite.add(access.remainder());
        }
    }

    /** Completes the instruction in the host and executes none. Returns whether it goes on with another access. */
    private boolean completes() throws HostException {
        vcpu.kick();
        boolean goesOn = vcpu.run() && access.is();
        access.begin();
        return goesOn;
    }

    /** Replaces the state. */
    void load(VcpuState next) throws HostException, StateException {
        if (parked) {
            // What is left of the old instruction is lost, and must not change the new state.
            do {
                access.answerWithOnes();
            } while (completes());
            parked = false;
        }
        area.forgetShared();
        state.write(next);
        pendingWrite.set(next.pendingAccess());
        shutDown = next.activity() == VcpuState.Activity.SHUTDOWN;
    }

    void close() {
        vcpu.close();
    }
}
