package dev.backplane.network.user.internal;

import java.util.concurrent.TimeUnit;

/** How long to wait for an acknowledgment (RFC 6298). Nanoseconds. */
final class RoundTrip {
    static final long FIRST = TimeUnit.SECONDS.toNanos(1);
    /** A guest on a slow processor is slow at times, and the way to it loses next to nothing. */
    static final long LEAST = TimeUnit.MILLISECONDS.toNanos(500);

    static final long MOST = TimeUnit.SECONDS.toNanos(60);

    private long smoothed;
    private long variance;
    private long timeout = FIRST;
    private int backOff;

    long timeout() {
        return Math.min(MOST, timeout << backOff);
    }

    /** Nothing came in time. */
    void expired() {
        if (timeout() < MOST) {
            backOff++;
        }
    }

    /** Something new was acknowledged. */
    void progress() {
        backOff = 0;
    }

    /** What was sent once was acknowledged after this time. */
    void sample(long nanos) {
        if (smoothed == 0) {
            smoothed = Math.max(1, nanos);
            variance = nanos / 2;
        } else {
            variance += (Math.abs(smoothed - nanos) - variance) / 4;
            smoothed += (nanos - smoothed) / 8;
        }
        timeout = Math.clamp(smoothed + 4 * variance, LEAST, MOST);
    }
}
