package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.debug.DebugListener;
import dev.backplane.api.debug.DebugStop;
import dev.backplane.api.debug.DebuggableVcpu;
import dev.backplane.api.debug.RunMode;
import dev.backplane.api.debug.StopPoint;
import dev.backplane.api.debug.TraceKind;
import dev.backplane.api.debug.TraceSink;
import dev.backplane.api.debug.VmDebugger;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The debugger of one machine. What it does with the machine happens on the control thread, between its other commands; while the
 * guest is to stand still, the machine's life has a hold for it.
 */
final class DebugSession implements VmDebugger {
    private final Target target;
    private final DebugListener listener;

    // The control thread's.
    private List<StopPoint> points = List.of();
    private Set<TraceKind> kinds = Set.of();
    private TraceSink sink = (vcpu, kind, address, text) -> {};
    /** vCPUs that came to a stop of their own which nobody was told of: they meet it again. */
    private final BitSet unheard = new BitSet();

    private @Nullable String resetReason;
    private volatile boolean stopped;
    private volatile boolean closed;

    /** The machine, as its debugger needs it. */
    interface Target {
        /** How many vCPUs it has. */
        int vcpus();

        /** Runs something on its control thread. */
        <T> T command(Callable<T> command) throws VmException;

        /** What it was wired to, if it is; on the control thread. */
        Optional<Assembly> wired();

        /** Stops or releases the guest, if it is wired; on the control thread. */
        void hold(boolean still);

        /** Takes the hold away without letting the guest go, which a reset does; on the control thread. */
        void releaseForReset(String reason);

        /** The session is over. */
        void detached(DebugSession session);
    }

    DebugSession(Target target, DebugListener listener) {
        this.target = target;
        this.listener = listener;
    }

    // On the control thread.

    /** Fails where vCPUs cannot be debugged. */
    static DebuggableVcpu debuggable(Vcpu vcpu) throws VmException {
        if (vcpu instanceof DebuggableVcpu able) {
            return able;
        }
        throw new VmException(
                "the machine's CPU backend cannot be debugged: choose another one as cpu.type, for instance soft");
    }

    /** There is a new engine. Its vCPUs do not run. */
    void engine(List<Vcpu> vcpus) throws VmException {
        unheard.clear();
        for (Vcpu vcpu : vcpus) {
            DebuggableVcpu able = debuggable(vcpu);
            if (!points.isEmpty()) {
                able.stopPoints(points);
            }
            if (!kinds.isEmpty()) {
                able.trace(kinds, sink);
            }
        }
    }

    /** A vCPU came to a stop of its own. */
    void met(int vcpu, DebugStop why) {
        if (closed) {
            target.wired().ifPresent(wired -> wired.group().freeze(new BitSet()));
        } else if (stopped) {
            unheard.set(vcpu);
        } else {
            stand(vcpu, why);
        }
    }

    /** A triple fault. Returns false where nobody is there to look at it. */
    boolean shutDown(int vcpu, String reason) {
        if (closed) {
            return false;
        }
        resetReason = reason;
        stand(vcpu, DebugStop.of(DebugStop.Cause.SHUTDOWN));
        return true;
    }

    private void stand(int vcpu, DebugStop why) {
        stopped = true;
        target.hold(true);
        if (target.wired().isPresent()) {
            listener.stopped(vcpu, why);
        }
    }

    /** The guest stands before its first instruction, as was asked for before the start. */
    void begun() {
        if (stopped) {
            listener.stopped(0, DebugStop.of(DebugStop.Cause.ASKED));
        }
    }

    void ended(Vm.Outcome outcome) {
        closed = true;
        listener.ended(outcome);
    }

    private Partition engine() throws VmException {
        return target.wired()
                .flatMap(wired -> wired.bays().cpu().partition())
                .orElseThrow(() -> new VmException("the machine has no CPU at the moment"));
    }

    private Partition atRest() throws VmException {
        if (!stopped) {
            throw new VmException("the guest is running: stop it first");
        }
        return engine();
    }

    /** Applies something to all vCPUs while they stand. */
    private void apply(Change change) throws VmException {
        Optional<Assembly> wired = target.wired();
        if (wired.isEmpty()) {
            return;
        }
        boolean running = !stopped;
        if (running) {
            target.hold(true);
        }
        try {
            Partition engine = engine();
            for (int i = 0; i < vcpus(); i++) {
                change.on(debuggable(engine.vcpu(i)));
            }
        } catch (UnsupportedOperationException e) {
            throw new VmException("the machine's CPU backend: " + e.getMessage());
        } finally {
            if (running) {
                target.hold(false);
            }
        }
    }

    @FunctionalInterface
    private interface Change {
        void on(DebuggableVcpu vcpu);
    }

    // On any thread.

    private <T> T command(Callable<T> command) throws VmException {
        if (closed) {
            throw new VmException("the debugger is detached, or the machine has ended");
        }
        return target.command(command);
    }

    @Override
    public int vcpus() {
        return target.vcpus();
    }

    @Override
    public boolean stopped() {
        return stopped;
    }

    @Override
    public void stop() throws VmException {
        command(() -> {
            if (!stopped) {
                stand(0, DebugStop.of(DebugStop.Cause.ASKED));
            }
            return true;
        });
    }

    @Override
    public void proceed(List<RunMode> modes) throws VmException {
        List<RunMode> asked = List.copyOf(modes);
        if (asked.size() != vcpus() || asked.stream().allMatch(mode -> mode == RunMode.STAY)) {
            throw new VmException("%s for %d vCPUs: expected one each, and not all to stay".formatted(asked, vcpus()));
        }
        command(() -> {
            go(asked);
            return true;
        });
    }

    private void go(List<RunMode> modes) throws VmException {
        if (!stopped) {
            throw new VmException("the guest is running already");
        }
        String reset = resetReason;
        resetReason = null;
        if (reset != null) {
            stopped = false;
            target.releaseForReset(reset);
            return;
        }
        if (target.wired().isPresent()) {
            Partition engine = engine();
            BitSet staying = new BitSet();
            for (int i = 0; i < modes.size(); i++) {
                staying.set(i, modes.get(i) == RunMode.STAY);
                boolean again = unheard.get(i) && modes.get(i) == RunMode.RUN;
                if (modes.get(i) != RunMode.STAY) {
                    unheard.clear(i);
                    if (!again) {
                        debuggable(engine.vcpu(i)).proceed(modes.get(i) == RunMode.STEP);
                    }
                }
            }
            target.wired().get().group().freeze(staying);
        }
        stopped = false;
        target.hold(false);
    }

    @Override
    public VcpuState state(int vcpu) throws VmException {
        return command(() -> atRest().state(vcpu));
    }

    @Override
    public void load(int vcpu, VcpuState state) throws VmException {
        command(() -> {
            try {
                atRest().load(vcpu, state);
            } catch (IllegalArgumentException e) {
                throw new VmException(String.valueOf(e.getMessage()));
            }
            return true;
        });
    }

    @Override
    public int read(int vcpu, long linear, byte[] bytes) throws VmException {
        return command(() -> memory(vcpu).read(linear, bytes));
    }

    @Override
    public int write(int vcpu, long linear, byte[] source) throws VmException {
        return command(() -> memory(vcpu).write(linear, source));
    }

    private LinearMemory memory(int vcpu) throws VmException {
        DebuggableVcpu able = debuggable(atRest().vcpu(vcpu));
        return new LinearMemory(
                able, target.wired().orElseThrow().boardContext().memory());
    }

    @Override
    public void stopPoints(List<StopPoint> all) throws VmException {
        List<StopPoint> copy = List.copyOf(all);
        command(() -> {
            apply(vcpu -> vcpu.stopPoints(copy));
            points = copy;
            return true;
        });
    }

    @Override
    public void trace(Set<TraceKind> what, TraceSink where) throws VmException {
        Set<TraceKind> copy = Set.copyOf(what);
        command(() -> {
            apply(vcpu -> vcpu.trace(copy, where));
            kinds = copy;
            sink = where;
            return true;
        });
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        try {
            target.command(() -> {
                detach();
                return true;
            });
        } catch (VmException e) {
            // The machine has ended, and everything with it.
            closed = true;
            target.detached(this);
        }
    }

    private void detach() throws VmException {
        try {
            apply(vcpu -> {
                vcpu.stopPoints(List.of());
                vcpu.trace(Set.of(), sink);
            });
            if (stopped) {
                go(Collections.nCopies(vcpus(), RunMode.RUN));
            }
        } finally {
            closed = true;
            target.detached(this);
        }
    }
}
