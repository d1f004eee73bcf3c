package dev.backplane.kernel.internal.bay;

import dev.backplane.api.scheduler.Rest;
import dev.backplane.api.scheduler.VcpuScheduler;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The side of a scheduler's bay that vCPU threads use. While the bay does not run, or its part decides nothing, there is nobody to ask:
 * vCPUs run as the host's kernel lets them. Each part that opens has a number, so that a vCPU never tells one part of a slice that it
 * has from another. Nothing here allocates but opening.
 */
public final class SchedulerFront {
    /** The number of nobody. */
    public static final long NOBODY = 0;

    private final SchedulerPort port;
    private volatile Consumer<Throwable> failures = thrown -> {};
    private volatile @Nullable Seat seat;
    private long seats;

    /** A part whose bay runs, and the gate that counts the calls into it. */
    private record Seat(VcpuScheduler<?> part, CallGate gate, long number) {}

    /**
     * A front with nobody behind it.
     *
     * @param port the machine's vCPU threads
     */
    public SchedulerFront(SchedulerPort port) {
        this.port = port;
    }

    SchedulerFront reportingTo(Consumer<Throwable> threw) {
        failures = threw;
        return this;
    }

    SchedulerPort port() {
        return port;
    }

    void open(VcpuScheduler<?> part, CallGate gate) {
        if (part.schedules()) {
            seat = new Seat(part, gate, ++seats);
            port.schedulerChanged();
        }
    }

    void close() {
        if (seat != null) {
            seat = null;
            port.schedulerChanged();
        }
    }

    /**
     * Who decides.
     *
     * @return his number, or {@link #NOBODY}
     */
    public long seat() {
        Seat now = seat;
        return now == null ? NOBODY : now.number;
    }

    private @Nullable Seat enter(long number) {
        Seat now = seat;
        return now != null && now.number == number && now.gate.enter() ? now : null;
    }

    private void threw(Throwable thrown) {
        failures.accept(thrown);
    }

    /**
     * As {@link VcpuScheduler#slice}.
     *
     * @param vcpu who asks
     * @param number whom
     * @return 0 where he has gone: ask whoever is there now
     */
    public long slice(int vcpu, long number) {
        Seat asked = enter(number);
        if (asked == null) {
            return 0;
        }
        try {
            return asked.part.slice(vcpu);
        } catch (RuntimeException | Error e) {
            threw(e);
            return 0;
        } finally {
            asked.gate.exit();
        }
    }

    /**
     * As {@link VcpuScheduler#rests}.
     *
     * @param vcpu who rests
     * @param why what it does
     * @param number who gave it its slice, or made it wait
     */
    public void rests(int vcpu, Rest why, long number) {
        Seat told = enter(number);
        if (told != null) {
            try {
                told.part.rests(vcpu, why);
            } catch (RuntimeException | Error e) {
                threw(e);
            } finally {
                told.gate.exit();
            }
        }
    }

    /**
     * As {@link VcpuScheduler#woken}.
     *
     * @param vcpu who has been woken
     */
    public void woken(int vcpu) {
        Seat told = enter(seat());
        if (told != null) {
            try {
                told.part.woken(vcpu);
            } catch (RuntimeException | Error e) {
                threw(e);
            } finally {
                told.gate.exit();
            }
        }
    }

    /**
     * As {@link VcpuScheduler#interrupted}.
     *
     * @param vcpu who has to take it
     * @param from the vCPU that sent it, or -1
     */
    public void interrupted(int vcpu, int from) {
        Seat told = enter(seat());
        if (told != null) {
            try {
                told.part.interrupted(vcpu, from);
            } catch (RuntimeException | Error e) {
                threw(e);
            } finally {
                told.gate.exit();
            }
        }
    }

    /**
     * As {@link VcpuScheduler#spins}.
     *
     * @param vcpu who spins
     */
    public void spins(int vcpu) {
        Seat told = enter(seat());
        if (told != null) {
            try {
                told.part.spins(vcpu);
            } catch (RuntimeException | Error e) {
                threw(e);
            } finally {
                told.gate.exit();
            }
        }
    }
}
