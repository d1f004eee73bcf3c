package dev.backplane.device.virtio.net.internal;

import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.rate.RateLimit;
import dev.backplane.api.rate.RateLimiter;
import dev.backplane.api.time.GuestClock;
import dev.backplane.api.time.GuestTimer;
import java.util.Optional;

/** Holds one direction to a rate. Any thread; allocates nothing when frames pass. */
final class RateGate {
    private final GuestClock clock;
    private final GuestTimer timer;
    private volatile RateLimiter limiter;

    /** @param opened called when a frame that had to wait may try again; must not block */
    RateGate(DeviceContext context, Optional<RateLimit> limit, Runnable opened) {
        clock = context.clock();
        timer = context.timer(opened);
        limiter = limiter(limit);
    }

    private static RateLimiter limiter(Optional<RateLimit> limit) {
        return new RateLimiter(limit.orElse(RateLimit.NONE));
    }

    void limit(Optional<RateLimit> limit) {
        limiter = limiter(limit);
        timer.arm(clock.nanos());
    }

    /** Whether a frame may pass, which counts it; else the timer says when to ask again. */
    boolean passes(int bytes) {
        long now = clock.nanos();
        long wait = limiter.take(bytes, now);
        if (wait > 0) {
            timer.arm(now + wait);
        }
        return wait == 0;
    }
}
