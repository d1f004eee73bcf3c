package dev.backplane.api.part;

import java.time.Duration;

/**
 * A moment by which a call must have returned, on the host's monotonic clock.
 *
 * @param atNanos the moment, as {@link System#nanoTime} counts
 */
public record Deadline(long atNanos) {
    /**
     * A deadline counted from now.
     *
     * @param time how long from now
     * @return the deadline
     */
    public static Deadline in(Duration time) {
        return new Deadline(System.nanoTime() + time.toNanos());
    }

    /**
     * The time that is left.
     *
     * @return nanoseconds, zero when it has passed
     */
    public long remainingNanos() {
        return Math.max(0, atNanos - System.nanoTime());
    }

    /**
     * Whether it has passed.
     *
     * @return true once no time is left
     */
    public boolean passed() {
        return remainingNanos() == 0;
    }
}
