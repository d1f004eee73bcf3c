package dev.backplane.filter.ratelimit.internal;

import dev.backplane.api.rate.RateLimit;
import dev.backplane.api.rate.RateLimiter;
import dev.backplane.api.rate.TokenBucket;

/** The buckets of one set of options, full at first. Any thread. */
final class Limits {
    private final RateLimiter total;
    private final RateLimiter read;
    private final RateLimiter write;
    private final boolean together;

    Limits(RateLimitOptions options) {
        together = options.total().isPresent();
        total = new RateLimiter(options.total().orElse(RateLimit.NONE));
        read = new RateLimiter(options.read().orElse(RateLimit.NONE));
        write = new RateLimiter(options.write().orElse(RateLimit.NONE));
    }

    /** Whether reads and writes take from the same buckets. */
    boolean together() {
        return together;
    }

    /** Lets a request through, or says how many nanoseconds later to ask again. It takes from all buckets, or from none. */
    synchronized long take(boolean reading, long bytes, long now) {
        long length = Math.min(bytes, TokenBucket.MOST_TOKENS);
        RateLimiter own = reading ? read : write;
        long wait = Math.max(total.waitFor(length, now), own.waitFor(length, now));
        if (wait == 0) {
            total.take(length, now);
            own.take(length, now);
        }
        return wait;
    }

    /** What the buckets hold. */
    synchronized RateLimitState levels(long now) {
        return new RateLimitState(total.levels(now), read.levels(now), write.levels(now));
    }

    /** Goes on from what others held. */
    synchronized Limits from(RateLimitState levels) {
        total.restore(levels.total());
        read.restore(levels.read());
        write.restore(levels.write());
        return this;
    }
}
