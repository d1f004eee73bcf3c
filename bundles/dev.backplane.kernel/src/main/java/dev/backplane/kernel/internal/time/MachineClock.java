package dev.backplane.kernel.internal.time;

import dev.backplane.api.time.GuestClock;
import java.time.Duration;

/** A machine's clock as the kernel drives it: one follows the host's clock, the other counts executed instructions. */
public interface MachineClock extends GuestClock, AutoCloseable {
    /** Lets it go on. Does nothing while it goes. */
    void start();

    /** Stops it; timers do not expire until it goes on. Does nothing while it stands. */
    void stop();

    /**
     * Whether it goes.
     *
     * @return true between {@link #start} and {@link #stop}
     */
    boolean running();

    /**
     * How long a part that comes back was away, as it is told.
     *
     * @param sinceHostNanos since when, as {@link System#nanoTime} counts
     * @return the time
     */
    default Duration away(long sinceHostNanos) {
        return Duration.ofNanos(System.nanoTime() - sinceHostNanos);
    }

    /** Stops it for good and ends its timers. */
    @Override
    void close();
}
