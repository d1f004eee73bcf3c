package dev.backplane.filter.ratelimit.internal;

import dev.backplane.api.rate.RateLimit;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.testkit.FilterContract;
import java.util.Optional;

/** A filter like any other, with limits that nothing reaches for long. */
class RateLimitContractTest extends FilterContract<RateLimitOptions, RateLimitState> {
    @Override
    protected StorageOpener<RateLimitOptions, RateLimitState> opener() {
        return new RateLimitFilter();
    }

    @Override
    protected RateLimitOptions options(StorageRef on) {
        RateLimit much = new RateLimit(100_000, 1L << 30, 100, 1 << 20);
        return new RateLimitOptions(on, Optional.of(much), Optional.of(much), Optional.of(much));
    }
}
