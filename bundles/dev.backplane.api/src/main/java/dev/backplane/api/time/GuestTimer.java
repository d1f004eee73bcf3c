package dev.backplane.api.time;

import org.osgi.annotation.versioning.ProviderType;

/** A one-shot timer on the guest's clock. Callable on any thread; arming allocates nothing. */
@ProviderType
public interface GuestTimer extends AutoCloseable {
    /**
     * Arms it, in place of an earlier moment.
     *
     * @param atNanos the moment on {@link GuestClock#nanos}; one that has passed expires at once
     */
    void arm(long atNanos);

    /** Disarms it. An expiry that is under way may still be delivered: handlers check whether they are meant. */
    void cancel();

    /** Disarms it for good. */
    @Override
    void close();
}
