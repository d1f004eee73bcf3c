package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.Partition;
import dev.backplane.api.cpu.VcpuState;
import dev.backplane.api.debug.DebugListener;
import dev.backplane.api.debug.DebugStop;
import dev.backplane.api.debug.DebuggableVcpu;
import dev.backplane.api.debug.RunMode;
import dev.backplane.api.debug.StopPoint;
import dev.backplane.api.debug.VmDebugger;
import dev.backplane.api.vm.Vm;
import dev.backplane.api.vm.VmException;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The debugger of one machine. What it does with the machine happens on the control thread, between its other commands; while the
 * guest is to stand still, the machine's life has a hold for it.
 */
final class DebugSession implements VmDebugger {
    private final Observation machine;
    private final DebugListener listener;

    // The control thread's.
    private List<StopPoint> points = List.of();
    /** vCPUs that came to a stop of their own which nobody was told of: they meet it again. */
    private final BitSet unheard = new BitSet();

    private @Nullable String resetReason;
    private volatile boolean stopped;
    private volatile boolean closed;

    DebugSession(Observation machine, DebugListener listener) {
        this.machine = machine;
        this.listener = listener;
    }

    // On the control thread.

    /** There is a new engine; one of its vCPUs, which does not run. */
    void engine(DebuggableVcpu vcpu) {
        unheard.clear();
        if (!points.isEmpty()) {
            vcpu.stopPoints(points);
        }
    }

    /** A vCPU came to a stop of its own. */
    void met(int vcpu, DebugStop why) {
        if (closed) {
            machine.host().wired().ifPresent(wired -> wired.group().freeze(new BitSet()));
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
        machine.host().hold(true);
        if (machine.host().wired().isPresent()) {
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

    private Partition atRest() throws VmException {
        if (!stopped) {
            throw new VmException("the guest is running: stop it first");
        }
        return machine.engine();
    }

    // On any thread.

    private <T> T command(Callable<T> command) throws VmException {
        if (closed) {
            throw new VmException("the debugger is detached, or the machine has ended");
        }
        return machine.host().command(command);
    }

    @Override
    public int vcpus() {
        return machine.host().vcpus();
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
            machine.host().releaseForReset(reset);
            return;
        }
        if (machine.host().wired().isPresent()) {
            Partition engine = machine.engine();
            BitSet staying = new BitSet();
            for (int i = 0; i < modes.size(); i++) {
                staying.set(i, modes.get(i) == RunMode.STAY);
                boolean again = unheard.get(i) && modes.get(i) == RunMode.RUN;
                if (modes.get(i) != RunMode.STAY) {
                    unheard.clear(i);
                    if (!again) {
                        Observation.debuggable(engine.vcpu(i)).proceed(modes.get(i) == RunMode.STEP);
                    }
                }
            }
            machine.host().wired().get().group().freeze(staying);
        }
        stopped = false;
        machine.host().hold(false);
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
        DebuggableVcpu able = Observation.debuggable(atRest().vcpu(vcpu));
        return new LinearMemory(
                able, machine.host().wired().orElseThrow().boardContext().memory());
    }

    @Override
    public void stopPoints(List<StopPoint> all) throws VmException {
        List<StopPoint> copy = List.copyOf(all);
        command(() -> {
            machine.apply(vcpu -> vcpu.stopPoints(copy));
            points = copy;
            return true;
        });
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        try {
            machine.host().command(() -> {
                detach();
                return true;
            });
        } catch (VmException e) {
            // The machine has ended, and everything with it.
            closed = true;
            machine.detached(this);
        }
    }

    private void detach() throws VmException {
        try {
            machine.apply(vcpu -> vcpu.stopPoints(List.of()));
            if (stopped) {
                go(Collections.nCopies(vcpus(), RunMode.RUN));
            }
        } finally {
            closed = true;
            machine.detached(this);
        }
    }
}
