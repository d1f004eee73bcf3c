package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.debug.DebugListener;
import dev.backplane.api.debug.DebugStop;
import dev.backplane.api.debug.DebuggableVcpu;
import dev.backplane.api.debug.TraceKind;
import dev.backplane.api.debug.TraceSink;
import dev.backplane.api.debug.VmDebugger;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Who looks into one machine: a debugger, a trace. Brings to its vCPUs what they ask for, also to those that come later. On the
 * control thread, but for what says otherwise.
 */
final class Observation {
    private static final TraceSink NOWHERE = (vcpu, kind, address, text) -> {};

    private final Host host;
    private final AtomicReference<@Nullable DebugSession> debugger = new AtomicReference<>();
    private Set<TraceKind> kinds = Set.of();
    private TraceSink sink = NOWHERE;

    /** The machine, as those who look into it need it. */
    interface Host {
        /** How many vCPUs it has. */
        int vcpus();

        /** Runs something on its control thread; called on any other. */
        <T extends @Nullable Object> T command(Callable<T> command) throws VmException;

        /** What it was wired to, if it is. */
        Optional<Assembly> wired();

        /** Stops or releases the guest, if it is wired. */
        void hold(boolean still);

        /** Takes the hold away without letting the guest go, which a reset does. */
        void releaseForReset(String reason);
    }

    /** What is done with a vCPU that does not run. */
    @FunctionalInterface
    interface Change {
        /** Does it. */
        void on(DebuggableVcpu vcpu);
    }

    Observation(Host host) {
        this.host = host;
    }

    Host host() {
        return host;
    }

    /** Fails where a vCPU cannot be looked into. */
    static DebuggableVcpu debuggable(Vcpu vcpu) throws VmException {
        if (vcpu instanceof DebuggableVcpu able) {
            return able;
        }
        throw new VmException(
                "the machine's CPU backend can neither be debugged nor traced: choose another one as cpu.type, for"
                        + " instance soft");
    }

    /** Attaches a debugger. Any thread. */
    VmDebugger attach(String name, DebugListener listener) throws VmException {
        DebugSession session = new DebugSession(this, listener);
        return host.command(() -> {
            if (host.wired().isPresent()) {
                for (Vcpu vcpu : host.wired().get().group().vcpus()) {
                    debuggable(vcpu);
                }
            }
            if (!debugger.compareAndSet(null, session)) {
                throw new VmException(name + " is debugged already");
            }
            return session;
        });
    }

    void detached(DebugSession session) {
        debugger.compareAndSet(session, null);
    }

    /** Begins a trace, or ends it. Any thread. */
    void trace(Set<TraceKind> what, TraceSink where) throws VmException {
        host.command(() -> {
            if (!what.isEmpty() && !kinds.isEmpty()) {
                throw new VmException("the machine is traced already");
            }
            apply(vcpu -> vcpu.trace(what, where));
            kinds = what;
            sink = where;
            return null;
        });
    }

    /** Applies something to all vCPUs while they stand; to none before the start. */
    void apply(Change change) throws VmException {
        if (host.wired().isEmpty()) {
            return;
        }
        boolean running = !stopped();
        if (running) {
            host.hold(true);
        }
        try {
            Partition engine = engine();
            for (int i = 0; i < host.vcpus(); i++) {
                change.on(debuggable(engine.vcpu(i)));
            }
        } catch (UnsupportedOperationException e) {
            throw new VmException("the machine's CPU backend: " + e.getMessage());
        } finally {
            if (running) {
                host.hold(false);
            }
        }
    }

    /** The engine at hand. */
    Partition engine() throws VmException {
        return host.wired()
                .flatMap(wired -> wired.bays().cpu().partition())
                .orElseThrow(() -> new VmException("the machine has no CPU at the moment"));
    }

    /** There is a new engine, whose vCPUs do not run. */
    void engine(List<Vcpu> vcpus) throws VmException {
        DebugSession session = debugger.get();
        for (Vcpu vcpu : vcpus) {
            if (session != null) {
                session.engine(debuggable(vcpu));
            }
            if (!kinds.isEmpty()) {
                debuggable(vcpu).trace(kinds, sink);
            }
        }
    }

    /** Whether a debugger has stopped the guest. Any thread. */
    boolean stopped() {
        DebugSession session = debugger.get();
        return session != null && session.stopped();
    }

    /** The guest of a machine that has just begun stands before its first instruction. */
    void begun() {
        DebugSession session = debugger.get();
        if (session != null) {
            session.begun();
        }
    }

    /** A vCPU came to a stop of its own. */
    void met(int vcpu, DebugStop why) {
        DebugSession session = debugger.get();
        if (session != null) {
            session.met(vcpu, why);
        } else {
            // It has detached meanwhile.
            host.wired().ifPresent(made -> made.group().freeze(new BitSet()));
        }
    }

    /** A triple fault. Returns false where nobody is there to look at it. */
    boolean shutDown(int vcpu, String reason) {
        DebugSession session = debugger.get();
        return session != null && session.shutDown(vcpu, reason);
    }

    void ended(Vm.Outcome outcome) {
        DebugSession session = debugger.getAndSet(null);
        if (session != null) {
            session.ended(outcome);
        }
    }
}
