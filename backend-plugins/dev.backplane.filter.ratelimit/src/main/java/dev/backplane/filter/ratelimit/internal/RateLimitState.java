package dev.backplane.filter.ratelimit.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: a successor begins with full buckets. */
@StateVersion(
        schema = "filter-rate-limit",
        writes = 1,
        reads = {1})
public record RateLimitState() {}
