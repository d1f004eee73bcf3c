package dev.backplane.kernel.internal.time;

import dev.backplane.api.time.GuestClock;

/**
 * A machine's clock as the kernel drives it. The host's clock stands behind the one there is; a clock that counts executed
 * instructions takes the same place.
 */
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

    /** Stops it for good and ends its timer thread. */
    @Override
    void close();
}
