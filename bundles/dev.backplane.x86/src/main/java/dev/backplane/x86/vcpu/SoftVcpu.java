package dev.backplane.x86.vcpu;

import dev.backplane.api.cpu.CountedVcpu;
import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.ExitHandler;
import dev.backplane.api.cpu.ParkedAccess;
import dev.backplane.api.cpu.PartitionContext;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.cpu.VcpuState.Activity;
import dev.backplane.api.debug.DebugStop;
import dev.backplane.api.debug.DebuggableVcpu;
import dev.backplane.api.debug.StopPoint;
import dev.backplane.api.debug.TraceKind;
import dev.backplane.api.debug.TraceSink;
import dev.backplane.api.part.RevokedException;
import dev.backplane.api.state.StateException;
import dev.backplane.x86.apic.ApicPort;
import dev.backplane.x86.apic.LocalApic;
import dev.backplane.x86.decode.Decoder;
import dev.backplane.x86.fpu.X87Family;
import dev.backplane.x86.interp.CodeBudget;
import dev.backplane.x86.interp.Engine;
import dev.backplane.x86.mmu.GuestRam;
import dev.backplane.x86.simd.SimdFamily;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.system.CpuModel;
import dev.backplane.x86.system.CpuidTable;
import dev.backplane.x86.system.PendingWrite;
import dev.backplane.x86.system.VcpuClock;
import dev.backplane.x86.system.VcpuSystem;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One vCPU: the loop around the engine that takes what came from outside between two runs of it. Everything belongs to the
 * thread that calls {@link #run}, but for {@link #kick} and what {@link ApicPort} and the timer call.
 */
final class SoftVcpu implements CountedVcpu, DebuggableVcpu, ApicPort {
    /** So often PAUSE may come before somebody is told that the guest spins: whoever holds the lock may need the processor. */
    private static final int PAUSES_BEFORE_TELLING = 32;

    /** A run without a limit: on the host's time, by the faster way through the engine. */
    static final long UNLIMITED = Long.MAX_VALUE;

    private final int index;
    private final PartitionContext context;
    private final ExitHandler exits;
    private final Counters counters = new Counters();
    private final Cpu cpu;
    private final LocalApic apic;
    private final VcpuSystem system;
    private final Engine engine;
    private final TimerAlarm alarm;
    private final Execution execution;
    private final Debugging debugging;

    private volatile boolean kicked;
    /** It does not run, or is about to report a halt: whoever wakes it has to tell the kernel too. */
    private volatile boolean out = true;

    private Activity activity;
    private Optional<VcpuState.Event> pendingEvent = Optional.empty();
    private final PendingWrite pendingWrite = new PendingWrite();

    SoftVcpu(
            PartitionContext context, CpuModel model, GuestRam ram, CodeBudget code, int index, Execution.Maker maker) {
        this.index = index;
        this.context = context;
        exits = context.exits(index);
        var clock = new VcpuClock(context.clock());
        var platform = new VcpuPlatform(exits, clock, counters);
        cpu = new Cpu(ram, platform, index);
        alarm = new TimerAlarm(context, this::alarmed);
        apic = new LocalApic(index, clock, this);
        platform.connect(cpu, apic);
        CpuidTable cpuid =
                CpuidTable.of(model, index, context.vcpus(), context.clock().tscHz());
        system = new VcpuSystem(cpu, ram, model, cpuid, apic, clock, new RandomNumbers(context.random()));
        engine = new Engine(
                cpu,
                new Decoder(model.features()),
                system.events(),
                List.of(system, new X87Family(), new SimdFamily()),
                code);
        execution = maker.make(cpu, engine, () -> new Decoder(model.features()));
        debugging = new Debugging(cpu, ram, engine, execution);
        activity = index == 0 ? Activity.ACTIVE : Activity.WAIT_FOR_SIPI;
    }

    LocalApic apic() {
        return apic;
    }

    Counters counters() {
        return counters;
    }

    Execution execution() {
        return execution;
    }

    @Override
    public long instructions() {
        return engine.executed();
    }

    @Override
    public void lowerLimit(long limit) {
        engine.lowerLimit(limit);
    }

    @Override
    public void kick() {
        kicked = true;
        cpu.raise(Cpu.KICK);
    }

    @Override
    public Stop run() throws CpuException {
        return run(UNLIMITED);
    }

    @Override
    public Stop run(long limit) throws CpuException {
        out = false;
        system.kvmClock().stolen(exits.stolenNanos());
        try {
            return loop(limit);
        } catch (ParkedAccess away) {
            // Not an instruction's access, but one on the way to a handler.
            system.takeUndelivered().ifPresent(event -> pendingEvent = Optional.of(event));
            counters.parked++;
            return Stop.PARKED;
        } catch (RevokedException e) {
            throw e;
        } catch (RuntimeException e) {
            // A gap of the interpreter's own, or a plugin's fault that its bay did not catch.
            throw new CpuException(Report.of(system.save(activity, pendingEvent), system.faults(), debugging::read, e));
        } finally {
            out = true;
        }
    }

    private Stop loop(long limit) {
        int pauses = 0;
        while (true) {
            if (kicked) {
                kicked = false;
                counters.kicks++;
                return Stop.KICKED;
            }
            if (exits.stopping()) {
                return Stop.MACHINE;
            }
            pendingWrite.carryOut(exits);
            takeMessages();
            if (activity == Activity.SHUTDOWN) {
                return Stop.SHUTDOWN;
            }
            if (activity == Activity.WAIT_FOR_SIPI) {
                if (halts()) {
                    return Stop.HALTED;
                }
                continue;
            }
            if (pendingEvent.isPresent()) {
                deliverPending();
                continue;
            }
            switch (debugging.run(limit)) {
                case KICKED -> {
                    // Looked at above.
                }
                case BUDGET -> {
                    return Stop.LIMIT;
                }
                case HALTED -> {
                    if (halts()) {
                        counters.halts++;
                        return Stop.HALTED;
                    }
                }
                case PAUSED -> {
                    if (limit != UNLIMITED) {
                        return Stop.PAUSED;
                    }
                    if (++pauses % PAUSES_BEFORE_TELLING == 0) {
                        exits.spins();
                    }
                }
                case PARKED -> {
                    counters.parked++;
                    return Stop.PARKED;
                }
                case DEBUG -> {
                    return Stop.DEBUG;
                }
                case SHUTDOWN -> activity = Activity.SHUTDOWN;
            }
        }
    }

    /** The timer, INIT and start-up messages. */
    private void takeMessages() {
        if (alarm.rang()) {
            counters.timers++;
            apic.pollTimer();
            alarm.set(apic.timerDueNanos());
        }
        if (apic.initPending() && apic.takeInit()) {
            system.init();
            activity = apic.isBootProcessor() ? Activity.ACTIVE : Activity.WAIT_FOR_SIPI;
            pendingEvent = Optional.empty();
        }
        if (apic.startUpPending()) {
            int vector = apic.takeStartUp();
            if (vector >= 0 && activity == Activity.WAIT_FOR_SIPI) {
                system.startUp(vector);
                activity = Activity.ACTIVE;
            }
        }
    }

    private void deliverPending() {
        boolean delivered = system.deliver(pendingEvent.orElseThrow());
        pendingEvent = Optional.empty();
        if (!delivered) {
            activity = Activity.SHUTDOWN;
        }
    }

    /** Says that a halt is coming before the last look, so that nothing that arrives after the look is missed. */
    private boolean halts() {
        out = true;
        if (!runnable() && !kicked) {
            return true;
        }
        out = false;
        return false;
    }

    @Override
    public boolean runnable() {
        if (alarm.isRinging() || apic.initPending() || pendingEvent.isPresent()) {
            return true;
        }
        return switch (activity) {
            case WAIT_FOR_SIPI -> apic.startUpPending();
            case SHUTDOWN -> false;
            case ACTIVE, HALTED -> !cpu.halted || interruptible();
        };
    }

    private boolean interruptible() {
        return apic.nmiPending() && !cpu.nmiMasked
                || (cpu.systemFlags & Bits.IF) != 0 && (apic.deliverable() >= 0 || apic.extIntPending());
    }

    // From other threads

    @Override
    public void wake() {
        int requests = Cpu.INTERRUPT;
        if (apic.nmiPending()) {
            requests |= Cpu.NMI;
        }
        if (apic.initPending() || apic.startUpPending()) {
            requests |= Cpu.KICK;
        }
        request(requests);
    }

    private void alarmed() {
        request(Cpu.KICK);
    }

    private void request(int bits) {
        cpu.raise(bits);
        if (out) {
            context.wake(index);
        }
    }

    @Override
    public void endOfInterrupt(int vector) {
        exits.endOfInterrupt(vector);
    }

    @Override
    public void timerDue(long dueNanos) {
        alarm.set(dueNanos);
    }

    // For a debugger

    @Override
    public void stopPoints(List<StopPoint> points) {
        debugging.stopPoints(points);
    }

    @Override
    public void proceed(boolean step) {
        debugging.proceed(step);
    }

    @Override
    public Optional<DebugStop> debugStop() {
        return debugging.stop();
    }

    @Override
    public long translate(long linear) {
        return debugging.translate(linear);
    }

    @Override
    public void trace(Set<TraceKind> kinds, TraceSink sink) {
        debugging.trace(kinds, sink);
    }

    @Override
    public String report() {
        return Report.of(system.save(activity, pendingEvent), system.faults(), debugging::read);
    }

    // While it does not run

    void load(VcpuState state) throws StateException {
        system.load(state);
        activity = state.activity();
        pendingEvent = state.pendingEvent();
        pendingWrite.set(state.pendingAccess());
    }

    VcpuState save() {
        takeMessages();
        Activity now = activity == Activity.ACTIVE && cpu.halted ? Activity.HALTED : activity;
        return system.save(now, pendingEvent, pendingWrite.left());
    }

    void resume(boolean first) {
        if (!first) {
            system.kvmClock().resumed();
        }
        alarm.set(apic.timerDueNanos());
    }

    void close() {
        alarm.close();
        execution.close();
        engine.close();
    }
}
