package dev.backplane.filter.ratelimit.internal;

import dev.backplane.api.part.Live;
import dev.backplane.api.part.Option;
import dev.backplane.api.rate.RateLimit;
import dev.backplane.api.storage.StorageRef;
import java.util.Optional;

/** What is limited, and how. */
public record RateLimitOptions(
        @Option("The disk; a filter in a list stands on the next one by itself.")
        StorageRef on,

        @Live @Option("How fast it may be used, by everything together.")
        Optional<RateLimit> total,

        @Live @Option("How fast it may be read.") Optional<RateLimit> read,

        @Live @Option("How fast it may be written; zeros and discards are operations without bytes.")
        Optional<RateLimit> write) {}
