package dev.backplane.testkit;

import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A machine's clock that stands still until the test advances it. Timers expire inside {@link #advance}, in order. */
public final class VirtualClock implements GuestClock {
    private final List<Timer> timers = new ArrayList<>();
    private Instant wallAtZero = Instant.parse("2025-03-01T12:00:00Z");
    private long nanos;

    @Override
    public synchronized long nanos() {
        return nanos;
    }

    @Override
    public long tscHz() {
        return 1_000_000_000L;
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
    public synchronized Instant wall() {
        return wallAtZero.plusNanos(nanos);
    }

    /**
     * Sets the wall clock, which goes on from there with the guest's time.
     *
     * @param now the wall clock's time at this moment
     */
    public synchronized void setWall(Instant now) {
        wallAtZero = now.minusNanos(nanos);
    }

    /**
     * Lets time pass, and every timer expire that is due in it.
     *
     * @param time how long
     */
    public void advance(Duration time) {
        long end = nanos() + time.toNanos();
        Timer due;
        while ((due = nextDue(end)) != null) {
            due.handler.run();
        }
    }

    /**
     * Timers that are not closed.
     *
     * @return how many
     */
    public synchronized int openTimers() {
        return timers.size();
    }

    /**
     * Timers that will expire.
     *
     * @return how many
     */
    public synchronized int armedTimers() {
        return (int) timers.stream().filter(timer -> timer.armed).count();
    }

    @Override
    public synchronized GuestTimer timer(Runnable handler) {
        Timer timer = new Timer(handler);
        timers.add(timer);
        return timer;
    }

    /** Moves to the next expiry and takes it, or to the end. */
    private synchronized @Nullable Timer nextDue(long end) {
        Timer next = null;
        for (Timer timer : timers) {
            if (timer.armed && timer.atNanos <= end && (next == null || timer.atNanos < next.atNanos)) {
                next = timer;
            }
        }
        nanos = Math.max(nanos, next == null ? end : next.atNanos);
        if (next != null) {
            next.armed = false;
        }
        return next;
    }

    private final class Timer implements GuestTimer {
        private final Runnable handler;
        private long atNanos;
        private boolean armed;

        Timer(Runnable handler) {
            this.handler = handler;
        }

        @Override
        public void arm(long atNanos) {
            synchronized (VirtualClock.this) {
                this.atNanos = atNanos;
                this.armed = timers.contains(this);
            }
        }

        @Override
        public void cancel() {
            synchronized (VirtualClock.this) {
                armed = false;
            }
        }

        @Override
        public void close() {
            synchronized (VirtualClock.this) {
                armed = false;
                timers.remove(this);
            }
        }
    }
}
