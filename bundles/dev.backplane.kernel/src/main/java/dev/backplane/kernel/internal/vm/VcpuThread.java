package dev.backplane.kernel.internal.vm;

import dev.backplane.api.cpu.CpuException;
import dev.backplane.api.cpu.SelfWakingVcpu;
import dev.backplane.api.cpu.Stop;
import dev.backplane.api.cpu.Vcpu;
import dev.backplane.api.debug.DebugStop;
import dev.backplane.api.debug.DebuggableVcpu;
import dev.backplane.api.debug.ReportingVcpu;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.RevokedException;
import dev.backplane.api.scheduler.Rest;
import dev.backplane.kernel.internal.bay.SchedulerFront;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** The thread of one vCPU: runs the guest, and waits where the guest waits. */
final class VcpuThread {
    private final int index;
    private final VcpuGroup group;
    private final VcpuEvents events;
    private final VcpuSlice slice;
    private final Thread thread;

    /** Its number at the host, from its beginning to its end; guarded by the group. */
    int hostId;

    /** Whether it is in the guest; guarded by the group. */
    boolean inside;

    /** Whether its debugger has it; guarded by the group. */
    boolean frozen;

    /** Whether the guest does not have it; changed under the group's monitor. */
    volatile boolean absent;

    /** How often it has come out; guarded by the group. */
    long exits;

    /** Since when it waits for a bay, as {@link System#nanoTime} counts; 0: it does not. */
    volatile long parkedSince;

    /** What {@link VcpuGroup#openings} was when it began to wait. */
    volatile long awaitedOpening;

    /** It is halted, and waits for what wakes it in the guest; of the thread. */
    private boolean dozes;

    private volatile boolean woken;
    private volatile long wokenAt;
    private volatile long stolen;

    VcpuThread(String vm, int index, VcpuGroup group, VcpuEvents events, SchedulerFront scheduler, SliceClock slices) {
        this.index = index;
        this.group = group;
        this.events = events;
        slice = new VcpuSlice(index, group, scheduler, slices);
        thread = Thread.ofPlatform()
                .name(vm + "/vcpu" + index)
                .daemon()
                .inheritInheritableThreadLocals(false)
                .unstarted(this::run);
        thread.setContextClassLoader(null);
    }

    int index() {
        return index;
    }

    void start() {
        thread.start();
    }

    private void run() {
        try {
            group.began(this, slice);
            Vcpu vcpu = admitted();
            while (vcpu != null) {
                step(vcpu);
                vcpu = admitted();
            }
        } catch (InterruptedException e) {
            // Nobody of ours interrupts it; a part that did has ended its machine's vCPU.
            events.engineFailed(index, "the thread of vCPU " + index + " was interrupted");
        } finally {
            slice.rests(Rest.HELD);
            group.ended(this, slice);
        }
    }

    /** Waits until it may run: the machine runs, and its scheduler, if it has one, has given it a slice. */
    private @Nullable Vcpu admitted() throws InterruptedException {
        while (slice.isScheduled()) {
            long holds = group.holds();
            if (!group.isOpen(this)) {
                slice.rests(Rest.HELD);
                if (!group.awaitOpen(this)) {
                    return null;
                }
            } else if (mayGoIn(holds)) {
                Vcpu vcpu = group.enterIfOpen(this);
                if (vcpu != null) {
                    return vcpu;
                }
                slice.rests(Rest.HELD);
            }
        }
        slice.rests(Rest.HELD);
        return group.enter(this);
    }

    private boolean mayGoIn(long holds) {
        if (dozes) {
            slice.doze();
            return true;
        }
        return slice.await(holds);
    }

    private void step(Vcpu vcpu) {
        long holds = group.holds();
        long openings = group.openings();
        woken = false;
        wokenAt = 0;
        Stop stop = null;
        boolean again = false;
        String failure = null;
        String report = null;
        DebugStop debug = null;
        dozes = false;
        slice.begins(vcpu instanceof SelfWakingVcpu);
        try {
            stop = vcpu.run();
            dozes = stop == Stop.KICKED && vcpu instanceof SelfWakingVcpu able && slice.mayDoze() && able.halted();
            again = stop == Stop.HALTED && vcpu.runnable();
            if (stop == Stop.DEBUG || stop == Stop.SHUTDOWN) {
                debug = stop == Stop.DEBUG ? why(vcpu) : null;
                report = stop == Stop.SHUTDOWN && vcpu instanceof ReportingVcpu able ? able.report() : "";
            }
        } catch (CpuException e) {
            report = e.getMessage();
        } catch (RevokedException e) {
            // The engine was fenced while it ran; the next one takes over.
            stop = Stop.KICKED;
        } catch (RuntimeException | Error e) {
            failure = e + (e.getStackTrace().length == 0 ? "" : " (at " + e.getStackTrace()[0] + ")");
        } finally {
            group.leave(this, debug != null);
            slice.ran();
        }
        if (debug != null) {
            events.debugStop(index, debug);
        } else if (stop == Stop.SHUTDOWN) {
            events.shutDown(index, String.valueOf(report));
            awaitHold(holds);
        } else if (stop != null) {
            after(stop, again, holds, openings);
        } else if (failure != null) {
            events.engineFailed(index, failure);
            awaitHold(holds);
        } else {
            events.cannotGoOn(index, String.valueOf(report));
            awaitHold(holds);
        }
    }

    private void after(Stop stop, boolean again, long holds, long openings) {
        switch (stop) {
            case KICKED, LIMIT, PAUSED, DEBUG -> {}
            case HALTED -> {
                if (!again) {
                    slice.rests(Rest.HALTED);
                    awaitWake(holds);
                }
            }
            case PARKED -> {
                slice.rests(Rest.PARKED);
                awaitOpening(holds, openings);
            }
            case SHUTDOWN, MACHINE -> awaitHold(holds);
        }
    }

    private static DebugStop why(Vcpu vcpu) {
        return vcpu instanceof DebuggableVcpu able
                ? able.debugStop().orElse(DebugStop.of(DebugStop.Cause.STEP))
                : DebugStop.of(DebugStop.Cause.STEP);
    }

    private void awaitWake(long holds) {
        while (!woken && !group.mustLeaveWait(holds)) {
            LockSupport.park(this);
        }
        long since = wokenAt;
        if (since != 0) {
            // Only this thread writes it.
            stolen = stolen + System.nanoTime() - since;
            wokenAt = 0;
        }
    }

    private void awaitOpening(long holds, long openings) {
        awaitedOpening = openings;
        parkedSince = System.nanoTime() | 1;
        events.parked(index);
        while (group.openings() == openings && !group.mustLeaveWait(holds)) {
            LockSupport.park(this);
        }
        parkedSince = 0;
    }

    private void awaitHold(long holds) {
        slice.rests(Rest.HELD);
        while (!group.mustLeaveWait(holds)) {
            LockSupport.park(this);
        }
    }

    void wake() {
        if (absent) {
            return;
        }
        if (!woken) {
            wokenAt = System.nanoTime() | 1;
            woken = true;
            LockSupport.unpark(thread);
        }
        slice.arrived();
    }

    VcpuSlice slice() {
        return slice;
    }

    boolean isCurrent() {
        return Thread.currentThread() == thread;
    }

    void unpark() {
        LockSupport.unpark(thread);
    }

    long stolenNanos() {
        return stolen + slice.waitedNanos();
    }

    String stack() {
        StringBuilder text = new StringBuilder(thread.getName());
        for (@Nullable StackTraceElement frame : thread.getStackTrace()) {
            text.append(System.lineSeparator()).append("    at ").append(frame);
        }
        return text.toString();
    }

    boolean join(Deadline deadline) throws InterruptedException {
        return !thread.isAlive() || thread.join(Duration.ofNanos(Math.max(1, deadline.remainingNanos())));
    }
}
