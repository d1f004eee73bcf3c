package dev.backplane.scheduler.fair.internal;

import dev.backplane.api.state.StateVersion;

/**
 * What a machine has had.
 *
 * @param aheadNanos how far its virtual time is ahead of the queue's
 * @param allowanceNanos what is left to it below its cap; negative: it has had more
 */
@StateVersion(
        schema = "scheduler-fair",
        writes = 1,
        reads = {1})
public record FairState(long aheadNanos, long allowanceNanos) {}
