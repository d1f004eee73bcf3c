package dev.backplane.scheduler.host.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: the host's kernel knows it all. */
@StateVersion(
        schema = "scheduler-host",
        writes = 1,
        reads = {1})
public record HostState() {}
