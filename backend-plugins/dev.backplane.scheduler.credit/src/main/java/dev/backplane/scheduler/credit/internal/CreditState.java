package dev.backplane.scheduler.credit.internal;

import dev.backplane.api.state.StateVersion;

/**
 * What each vCPU has left.
 *
 * @param creditsNanos by number; negative: it has had more than its share
 */
@StateVersion(
        schema = "scheduler-credit",
        writes = 1,
        reads = {1})
public record CreditState(long[] creditsNanos) {}
