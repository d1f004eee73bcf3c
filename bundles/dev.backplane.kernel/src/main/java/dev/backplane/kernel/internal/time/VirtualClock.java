package dev.backplane.kernel.internal.time;

import dev.backplane.api.cpu.CountedVcpu;
import dev.backplane.api.time.GuestTimer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/**
 * A machine's clock on virtual time: an instruction takes a nanosecond, whichever vCPU executes it, and while all vCPUs are
 * halted time goes to the next timer. One thread runs the vCPUs in turn and calls the handlers of timers between two turns;
 * on it time is exact within a turn, other threads see where the turn began. Timers that are due at the same moment expire in
 * the order in which they were armed, so that two runs never differ.
 */
public final class VirtualClock implements MachineClock {
    private static final System.Logger LOG = System.getLogger(VirtualClock.class.getName());
    private static final long SECOND = 1_000_000_000L;

    private final Instant origin;
    private final PriorityQueue<Timer> timers =
            new PriorityQueue<>(Comparator.comparingLong(Timer::at).thenComparingLong(Timer::order));
    private final List<Timer> due = new ArrayList<>();
    private long armed;
    private boolean closed;
    private volatile boolean running;
    private volatile long nanos;

    // The turn under way; of the thread that runs the vCPUs.
    private volatile @Nullable Thread thread;
    private @Nullable CountedVcpu vcpu;
    private long begun;

    /**
     * A clock that stands at zero.
     *
     * @param origin the wall-clock time at zero
     */
    public VirtualClock(Instant origin) {
        this.origin = origin;
    }

    /**
     * Names the thread that runs the vCPUs.
     *
     * @param runner that thread
     */
    public void runOn(Thread runner) {
        thread = runner;
    }

    /**
     * Begins a vCPU's turn, or goes on with it. On the vCPUs' thread.
     *
     * @param next the vCPU
     */
    public void begin(CountedVcpu next) {
        vcpu = next;
        begun = next.instructions();
    }

    /**
     * Ends a turn, or interrupts it.
     *
     * @return how many instructions were executed since {@link #begin}
     */
    public long end() {
        CountedVcpu ran = vcpu;
        if (ran == null) {
            return 0;
        }
        long executed = ran.instructions() - begun;
        vcpu = null;
        nanos += executed;
        return executed;
    }

    /**
     * When the next timer is due.
     *
     * @return a moment, perhaps in the past; {@link Long#MAX_VALUE} for never
     */
    public synchronized long nextTimer() {
        Timer first = timers.peek();
        return first == null ? Long.MAX_VALUE : first.at;
    }

    /** Calls the handlers of the timers that are due, each once. On the vCPUs' thread, between two turns. */
    public void expire() {
        synchronized (this) {
            Timer first;
            while ((first = timers.peek()) != null && first.at <= nanos) {
                due.add(timers.remove());
            }
        }
        for (Timer timer : due) {
            timer.expire();
        }
        due.clear();
    }

    /**
     * Lets time pass without an instruction: all vCPUs are halted. On the vCPUs' thread, between two turns.
     *
     * @param to a later moment
     */
    public void pass(long to) {
        nanos = Math.max(nanos, to);
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        running = false;
    }

    @Override
    public boolean running() {
        return running;
    }

    /** Virtual time stands whenever the machine does: nobody was away. */
    @Override
    public Duration away(long sinceHostNanos) {
        return Duration.ZERO;
    }

    @Override
    public synchronized void close() {
        stop();
        closed = true;
        timers.clear();
    }

    @Override
    public long nanos() {
        CountedVcpu current = Thread.currentThread() == thread ? vcpu : null;
        return current == null ? nanos : nanos + current.instructions() - begun;
    }

    @Override
    public long tscHz() {
        return SECOND;
    }

    @Override
    public long tsc() {
        return nanos();
    }

    @Override
    public long nanosAtTsc(long tsc) {
        return tsc < 0 ? Long.MAX_VALUE : tsc;
    }

    @Override
    public Instant wall() {
        return origin.plusNanos(nanos());
    }

    @Override
    public GuestTimer timer(Runnable handler) {
        return new Timer(handler);
    }

    /** A timer that is armed within a turn ends the turn where it is due. */
    private void shortenTurn(long at) {
        CountedVcpu current = Thread.currentThread() == thread ? vcpu : null;
        if (current != null) {
            current.lowerLimit(begun + Math.max(0, at - nanos));
        }
    }

    /** One timer; its moment belongs to the clock's monitor. */
    private final class Timer implements GuestTimer {
        private volatile @Nullable Runnable handler;
        private long at;
        private long order;

        Timer(Runnable handler) {
            this.handler = handler;
        }

        long at() {
            return at;
        }

        long order() {
            return order;
        }

        void expire() {
            Runnable told = handler;
            if (told == null) {
                return;
            }
            try {
                told.run();
            } catch (RuntimeException | Error e) {
                // Parts' timers contain their exceptions; what arrives here is the kernel's or the board's.
                LOG.log(System.Logger.Level.ERROR, "a timer's handler failed", e);
            }
        }

        @Override
        public void arm(long atNanos) {
            synchronized (VirtualClock.this) {
                if (closed || handler == null) {
                    return;
                }
                timers.remove(this);
                at = atNanos;
                order = ++armed;
                timers.add(this);
            }
            shortenTurn(atNanos);
        }

        @Override
        public void cancel() {
            synchronized (VirtualClock.this) {
                timers.remove(this);
            }
        }

        @Override
        public void close() {
            handler = null;
            cancel();
        }
    }
}
