package dev.backplane.api.time;

import java.time.Instant;
import org.osgi.annotation.versioning.ProviderType;

/**
 * The clock of one machine. It starts at zero when the machine is made, stops with it and never goes back. Allocates
 * nothing but in {@link #timer} and {@link #wall}.
 */
@ProviderType
public interface GuestClock {
    /**
     * The guest's monotonic time.
     *
     * @return nanoseconds since the machine was made, less the time it stood still
     */
    long nanos();

    /**
     * The frequency of the time stamp counter, fixed for the machine's life.
     *
     * @return in hertz
     */
    long tscHz();

    /**
     * The time stamp counter: {@link #nanos} in units of {@link #tscHz}. A vCPU adds its own TSC_ADJUST.
     *
     * @return the count
     */
    long tsc();

    /**
     * When the time stamp counter will have reached a value.
     *
     * @param tsc an unsigned count
     * @return the moment in {@link #nanos}; {@link Long#MAX_VALUE} where it lies beyond that
     */
    long nanosAtTsc(long tsc);

    /**
     * The host's wall-clock time, for a real-time clock.
     *
     * @return now
     */
    Instant wall();

    /**
     * A timer on this clock, not armed. Close it when its owner goes.
     *
     * @param handler called on a timer thread of the machine, once per expiry; must not block
     * @return the timer
     */
    GuestTimer timer(Runnable handler);
}
