package dev.backplane.scheduler.realtime.internal;

import dev.backplane.api.state.StateVersion;

/**
 * How the deadlines went so far.
 *
 * @param deadlines by {@link DeadlineHistogram}'s classes
 */
@StateVersion(
        schema = "scheduler-realtime",
        writes = 1,
        reads = {1})
public record RealtimeState(long[] deadlines) {}
