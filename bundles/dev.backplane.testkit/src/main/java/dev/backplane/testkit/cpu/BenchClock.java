package dev.backplane.testkit.cpu;

import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.time.Instant;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A guest's clock that goes with the host's while it goes; the TSC has 1 GHz. */
final class BenchClock implements GuestClock, AutoCloseable {
    private final ScheduledThreadPoolExecutor timers = new ScheduledThreadPoolExecutor(1);
    private boolean running;
    private long base = 1_000_000;

    synchronized void start() {
        if (!running) {
            running = true;
            base -= System.nanoTime();
        }
    }

    synchronized void stop() {
        if (running) {
            running = false;
            base += System.nanoTime();
        }
    }

    @Override
    public synchronized long nanos() {
        return running ? base + System.nanoTime() : base;
    }

    @Override
    public long tscHz() {
        return 1_000_000_000;
    }

    @Override
    public long tsc() {
        return nanos();
    }

    @Override
    public long nanosAtTsc(long tsc) {
        return tsc >= 0 ? tsc : Long.MAX_VALUE;
    }

    @Override
    public Instant wall() {
        return Instant.EPOCH;
    }

    @Override
    public GuestTimer timer(Runnable handler) {
        return new GuestTimer() {
            private @Nullable ScheduledFuture<?> next;

            @Override
            public synchronized void arm(long atNanos) {
                cancel();
                long delay = Math.max(0, Math.min(atNanos - nanos(), TimeUnit.DAYS.toNanos(1)));
                next = timers.schedule(handler, delay, TimeUnit.NANOSECONDS);
            }

            @Override
            public synchronized void cancel() {
                if (next != null) {
                    next.cancel(false);
                }
            }

            @Override
            public void close() {
                cancel();
            }
        };
    }

    @Override
    public void close() {
        timers.shutdownNow();
    }
}
