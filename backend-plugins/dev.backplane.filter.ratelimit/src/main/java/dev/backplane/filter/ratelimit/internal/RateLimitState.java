package dev.backplane.filter.ratelimit.internal;

import dev.backplane.api.rate.RateLimiter.Levels;
import dev.backplane.api.state.StateVersion;
import java.util.Map;

/**
 * What the buckets held when the layer came to rest.
 *
 * @param total those of everything together
 * @param read those of reads
 * @param write those of writes
 */
@StateVersion(
        schema = "filter-rate-limit",
        writes = 2,
        reads = {1, 2})
public record RateLimitState(Levels total, Levels read, Levels write) {
    /** Of new buckets. */
    static final RateLimitState FULL = new RateLimitState(Levels.FULL, Levels.FULL, Levels.FULL);

    /** Version 1 kept nothing: a successor began with full buckets. */
    public static Map<String, Object> upgrade(int version, Map<String, Object> fields) {
        Map<String, Object> full = Map.of("operations", Levels.FULL.operations(), "bytes", Levels.FULL.bytes());
        return Map.of("total", full, "read", full, "write", full);
    }
}
