package dev.backplane.kernel.internal.time;

import dev.backplane.api.time.GuestTimer;
import java.time.Instant;

/**
 * A machine's clock that follows the host's monotonic clock while the machine runs. The time stamp counter is the same time
 * in another unit. Reading takes no lock and allocates nothing.
 */
public final class HostClock implements MachineClock {
    private static final long SECOND = 1_000_000_000L;

    /** How guest time follows from the host's: its value while it stands, its distance while it goes. */
    private record Epoch(boolean running, long value) {
        long nanos() {
            return running ? System.nanoTime() - value : value;
        }
    }

    private final long tscHz;
    private final TimerQueue timers;
    private volatile Epoch epoch;

    /**
     * A clock that stands at zero.
     *
     * @param vm the machine's name, for its thread
     * @param tscHz the frequency of the time stamp counter, up to 9 GHz
     */
    public HostClock(String vm, long tscHz) {
        this(vm, tscHz, 0);
    }

    /**
     * A clock that stands where an earlier one was stopped.
     *
     * @param vm the machine's name, for its thread
     * @param tscHz the frequency of the time stamp counter, up to 9 GHz
     * @param nanos the guest's time
     */
    public HostClock(String vm, long tscHz, long nanos) {
        this.tscHz = tscHz;
        epoch = new Epoch(false, nanos);
        timers = new TimerQueue(vm, this);
    }

    @Override
    public synchronized void start() {
        if (!epoch.running()) {
            epoch = new Epoch(true, System.nanoTime() - epoch.value());
            timers.wake();
        }
    }

    @Override
    public synchronized void stop() {
        if (epoch.running()) {
            epoch = new Epoch(false, epoch.nanos());
        }
    }

    @Override
    public boolean running() {
        return epoch.running();
    }

    @Override
    public void close() {
        stop();
        timers.close();
    }

    @Override
    public long nanos() {
        return epoch.nanos();
    }

    @Override
    public long tscHz() {
        return tscHz;
    }

    @Override
    public long tsc() {
        long nanos = nanos();
        // Whole seconds apart, so that the product stays within 63 bits.
        return nanos / SECOND * tscHz + nanos % SECOND * tscHz / SECOND;
    }

    @Override
    public long nanosAtTsc(long tsc) {
        long seconds = Long.divideUnsigned(tsc, tscHz);
        if (seconds >= Long.MAX_VALUE / SECOND) {
            return Long.MAX_VALUE;
        }
        // Rounded up: at that moment the counter has reached the value.
        return seconds * SECOND + Math.ceilDiv(Long.remainderUnsigned(tsc, tscHz) * SECOND, tscHz);
    }

    @Override
    public Instant wall() {
        return Instant.now();
    }

    @Override
    public GuestTimer timer(Runnable handler) {
        return timers.timer(handler);
    }
}
