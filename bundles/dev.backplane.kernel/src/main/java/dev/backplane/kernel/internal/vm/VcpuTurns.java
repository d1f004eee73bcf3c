package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.CountedVcpu;
import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.debug.DebugStop;
import dev.backplane.api.debug.DebuggableVcpu;
import dev.backplane.api.debug.ReportingVcpu;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.RevokedException;
import dev.backplane.kernel.internal.bay.SchedulerFront;
import dev.backplane.kernel.internal.bay.VirtualFront;
import dev.backplane.kernel.internal.bay.VirtualTime;
import dev.backplane.kernel.internal.journal.Journal;
import dev.backplane.kernel.internal.journal.StateHash;
import dev.backplane.kernel.internal.journal.TurnView;
import dev.backplane.kernel.internal.time.VirtualClock;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The vCPUs of a machine on virtual time: one thread runs them in turn, so many instructions each. Between two turns timers
 * expire and what comes from outside is let in; nothing reaches the guest at any other place. So the sequence of turns, and
 * every instruction in them, follows from the first state and the journal.
 *
 * <p>A hold waits for the end of a turn. Only where a turn does not end for a while, in an instruction that does very much,
 * it is interrupted, and goes on later.
 */
final class VcpuTurns implements Vcpus, TurnView {
    /** A turn's instructions: some 0.1 ms of the host's time. */
    private static final long TURN = 10_000;

    private static final int NONE = -1;

    private final int count;
    private final VirtualClock clock;
    private final VirtualTime time;
    private final Journal journal;
    private final VcpuEvents events;
    private final Thread thread;
    private final TurnGate gate = new TurnGate();
    private final TurnsThread host;
    private final SchedulerFront scheduler;

    // Changed at the gate, while the thread waits there.
    private volatile TurnOrder order = new TurnOrder(List.of());
    private volatile @Nullable Partition engine;

    private @Nullable StateHash hash;
    private volatile boolean stopping;
    /** Whose turn it is; {@link #NONE} between two turns. */
    private volatile int current = NONE;

    // Of the thread, or of others while it waits.
    private long turn;
    private long instructions;
    private long settledTurn = NONE;
    private long turnEnd;
    private boolean fresh;
    private long idleTurn = NONE;
    private long idleSince;
    private boolean stoppedItself;

    /** What comes behind a step. */
    private enum After {
        GO,
        HOLD,
        OPENING,
        DEBUG,
        NUDGE
    }

    private long nudgeNanos;

    VcpuTurns(
            String vm,
            int count,
            VirtualClock clock,
            VirtualTime time,
            Journal journal,
            VcpuEvents events,
            HostThreads threads) {
        this.count = count;
        host = new TurnsThread(vm, count, threads);
        scheduler = new SchedulerFront(host);
        this.clock = clock;
        this.time = time;
        this.journal = journal;
        this.events = events;
        thread = Thread.ofPlatform()
                .name(vm + "/vcpus")
                .daemon()
                .inheritInheritableThreadLocals(false)
                .unstarted(this::run);
        thread.setContextClassLoader(null);
        clock.runOn(thread);
        time.runOn(thread, gate::nudge);
    }

    /** Names what the machine is compared by; before the start. */
    void hashBy(StateHash by) {
        hash = by;
    }

    Journal journal() {
        return journal;
    }

    // The journal's view.

    @Override
    public long turn() {
        return turn;
    }

    @Override
    public long instructions() {
        return instructions;
    }

    @Override
    public List<VirtualFront> consoles() {
        return time.consoles();
    }

    @Override
    public byte[] hash() {
        Partition of = engine;
        StateHash by = hash;
        if (of == null || by == null) {
            throw new IllegalStateException("no engine");
        }
        return by.of(of, instructions, clock.nanos());
    }

    @Override
    public String report() {
        return order.last() instanceof ReportingVcpu able ? able.report() : "";
    }

    /** Whether the machine stands where a replay can stand too: between two turns, or behind what the guest itself did. */
    boolean comparable() {
        return !gate.isInside() && engine != null && (current == NONE || stoppedItself);
    }

    // The thread.

    private void run() {
        host.begins();
        try {
            while (gate.enter()) {
                After after;
                time.turning(true);
                try {
                    after = step();
                } finally {
                    time.turning(false);
                    gate.leave();
                }
                await(after);
            }
        } catch (InterruptedException e) {
            // Nobody of ours interrupts it; a part that did has ended its machine's vCPUs.
            events.engineFailed(Math.max(0, current), "the thread of the vCPUs was interrupted");
        } finally {
            host.ends();
        }
    }

    private After step() {
        try {
            if (current == NONE) {
                After wait = prepare();
                if (wait != null) {
                    return wait;
                }
            }
            return execute();
        } catch (CpuException e) {
            events.cannotGoOn(Math.max(0, current), String.valueOf(e.getMessage()));
        } catch (RevokedException e) {
            // The engine was fenced while it ran; the next one takes over.
            return After.GO;
        } catch (IOException e) {
            events.journalFailed(String.valueOf(e.getMessage()));
        } catch (RuntimeException | Error e) {
            events.engineFailed(
                    Math.max(0, current),
                    e + (e.getStackTrace().length == 0 ? "" : " (at " + e.getStackTrace()[0] + ")"));
        }
        return After.HOLD;
    }

    /** What happens before a turn. Chooses whose it is, or says what to wait for. */
    private @Nullable After prepare() throws IOException {
        if (settledTurn != turn) {
            settledTurn = turn;
            clock.expire();
            time.settle();
        }
        if (stopping) {
            stoppedItself = true;
            return After.HOLD;
        }
        if (!journal.exchange(this)) {
            events.journalEnded();
            return After.HOLD;
        }
        boolean congested = false;
        for (VirtualFront console : consoles()) {
            console.drain();
            congested |= console.congested();
        }
        if (congested) {
            nudgeNanos = Long.MAX_VALUE;
            return After.NUDGE;
        }
        int next = order.next();
        if (next == TurnOrder.NONE) {
            return idle();
        }
        current = next;
        turnEnd = order.vcpu(next).instructions() + TURN;
        fresh = true;
        return null;
    }

    /** All vCPUs are halted: time passes until the next timer. */
    private After idle() throws IOException {
        long due = clock.nextTimer();
        if (due == Long.MAX_VALUE) {
            journal.waiting(this);
            if (!journal.live()) {
                events.journalEnded();
                return After.HOLD;
            }
            nudgeNanos = Long.MAX_VALUE;
            return After.NUDGE;
        }
        if (journal.paced()) {
            if (idleTurn != turn) {
                idleTurn = turn;
                idleSince = System.nanoTime();
            }
            long left = due - clock.nanos() - (System.nanoTime() - idleSince);
            if (left > 0) {
                nudgeNanos = left;
                return After.NUDGE;
            }
        }
        clock.pass(due);
        turn++;
        return After.GO;
    }

    private After execute() throws CpuException {
        CountedVcpu vcpu = order.vcpu(current);
        long room = Math.min(turnEnd - vcpu.instructions(), untilTimer());
        fresh = false;
        if (room <= 0) {
            finishTurn();
            return After.GO;
        }
        order.runs(current);
        clock.begin(vcpu);
        Stop stop;
        try {
            stop = vcpu.run(vcpu.instructions() + room);
        } finally {
            instructions += clock.end();
        }
        return after(stop);
    }

    /** A turn has at least one instruction, whatever is due. */
    private long untilTimer() {
        long left = clock.nextTimer() - clock.nanos();
        return fresh ? Math.max(1, left) : left;
    }

    private After after(Stop stop) {
        switch (stop) {
            case LIMIT -> finishTurn();
            case HALTED -> {
                order.halts(current);
                finishTurn();
            }
            case PAUSED -> {
                order.had(current);
                if (order.next() != current) {
                    finishTurn();
                }
            }
            case KICKED -> {}
            case PARKED -> {
                return After.OPENING;
            }
            case DEBUG -> {
                return After.DEBUG;
            }
            case SHUTDOWN -> {
                stoppedItself = true;
                String report = order.vcpu(current) instanceof ReportingVcpu able ? able.report() : "";
                events.shutDown(current, report);
                return After.HOLD;
            }
            case MACHINE -> {
                stoppedItself = true;
                return After.HOLD;
            }
        }
        return After.GO;
    }

    private void finishTurn() {
        order.had(current);
        current = NONE;
        turn++;
    }

    private void await(After after) throws InterruptedException {
        switch (after) {
            case GO -> {}
            case HOLD -> gate.awaitHold();
            case NUDGE -> gate.awaitNudge(nudgeNanos);
            case DEBUG -> {
                gate.freeze();
                tellDebugger();
                gate.awaitThaw();
            }
            case OPENING -> {
                gate.park();
                events.parked(Math.max(0, current));
                gate.awaitOpening();
            }
        }
    }

    private void tellDebugger() {
        int index = current;
        DebugStop why = index != NONE && order.vcpu(index) instanceof DebuggableVcpu able
                ? able.debugStop().orElse(DebugStop.of(DebugStop.Cause.STEP))
                : DebugStop.of(DebugStop.Cause.STEP);
        events.debugStop(Math.max(0, index), why);
    }

    // From other threads.

    @Override
    public void start() {
        thread.start();
    }

    /** Every vCPU of another engine begins with a turn of its own. */
    @Override
    public void engine(@Nullable Partition next) {
        List<CountedVcpu> made = new ArrayList<>();
        for (int i = 0; next != null && i < count; i++) {
            made.add((CountedVcpu) next.vcpu(i));
        }
        gate.exchange(() -> exchange(next, made), !made.isEmpty());
        events.engine(List.copyOf(made));
    }

    private void exchange(@Nullable Partition next, List<CountedVcpu> made) {
        engine = next;
        order = new TurnOrder(made);
        if (next != null) {
            if (current != NONE || stoppedItself) {
                turn++;
            }
            current = NONE;
            stoppedItself = false;
        }
    }

    @Override
    public List<Vcpu> vcpus() {
        return List.copyOf(order.vcpus());
    }

    @Override
    public void freeze(BitSet staying) {
        gate.thaw();
    }

    @Override
    public List<Integer> hold(Deadline deadline) {
        gate.hold();
        return outside(deadline, TurnGate.NO_EXIT);
    }

    @Override
    public List<Integer> rendezvous(Deadline deadline) {
        return outside(deadline, gate.exits());
    }

    /** Who has not come out. */
    private List<Integer> outside(Deadline deadline, long before) {
        return gate.awaitOut(deadline, before, this::kick) ? List.of() : List.of(Math.max(0, current));
    }

    private void kick() {
        List<CountedVcpu> all = order.vcpus();
        int running = current;
        if (running != NONE && running < all.size()) {
            all.get(running).kick();
        }
    }

    @Override
    public boolean standsForChanges() {
        return true;
    }

    boolean isHeld() {
        return gate.isHeld();
    }

    @Override
    public void release() {
        gate.release();
    }

    @Override
    public void gateOpened() {
        gate.opened();
    }

    /** What the guest asks for takes effect behind its instruction, what others ask for at the end of the turn. */
    @Override
    public void stopping(boolean stop) {
        if (stop && Thread.currentThread() == thread) {
            stopping = true;
            return;
        }
        if (!stop) {
            stopping = false;
        }
        gate.askStop(stop);
    }

    @Override
    public boolean stopping() {
        return stopping;
    }

    /** Whether a halted vCPU can go on is asked at each turn. */
    @Override
    public void wake(int index) {}

    @Override
    public void spins(int index) {}

    @Override
    public SchedulerFront scheduler() {
        return scheduler;
    }

    @Override
    public long stolenNanos(int index) {
        return 0;
    }

    @Override
    public Optional<Long> parkedNanos() {
        return gate.parkedNanos();
    }

    @Override
    public String stack(int index) {
        StringBuilder text = new StringBuilder(thread.getName());
        for (@Nullable StackTraceElement frame : thread.getStackTrace()) {
            text.append(System.lineSeparator()).append("    at ").append(frame);
        }
        return text.toString();
    }

    @Override
    public void end() {
        gate.end();
        kick();
    }

    @Override
    public boolean join(Deadline deadline) throws InterruptedException {
        return !thread.isAlive() || thread.join(Duration.ofNanos(Math.max(1, deadline.remainingNanos())));
    }
}
