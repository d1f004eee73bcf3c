package dev.backplane.machine.pc.internal.fake;

import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Time that goes on only when the test says so; timers expire on the way, in order. */
public final class FakeClock implements GuestClock {
    private static final long NEVER = Long.MAX_VALUE;

    private final List<Timer> timers = new ArrayList<>();
    private long now;

    /** Lets time pass. */
    public void advance(long nanos) {
        long end = now + nanos;
        while (true) {
            Timer next = null;
            for (Timer timer : timers) {
                if (timer.at <= end && (next == null || timer.at < next.at)) {
                    next = timer;
                }
            }
            if (next == null) {
                break;
            }
            now = Math.max(now, next.at);
            next.at = NEVER;
            next.handler.run();
        }
        now = end;
    }

    /** How many timers are armed. */
    public int armed() {
        return (int) timers.stream().filter(timer -> timer.at != NEVER).count();
    }

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public long tscHz() {
        return 1_000_000_000;
    }

    @Override
    public long tsc() {
        return now;
    }

    @Override
    public long nanosAtTsc(long tsc) {
        return tsc < 0 ? NEVER : tsc;
    }

    @Override
    public Instant wall() {
        return Instant.EPOCH.plusNanos(now);
    }

    @Override
    public GuestTimer timer(Runnable handler) {
        Timer timer = new Timer(handler);
        timers.add(timer);
        return timer;
    }

    private static final class Timer implements GuestTimer {
        final Runnable handler;
        long at = NEVER;

        Timer(Runnable handler) {
            this.handler = handler;
        }

        @Override
        public void arm(long atNanos) {
            at = atNanos;
        }

        @Override
        public void cancel() {
            at = NEVER;
        }

        @Override
        public void close() {
            at = NEVER;
        }
    }
}
