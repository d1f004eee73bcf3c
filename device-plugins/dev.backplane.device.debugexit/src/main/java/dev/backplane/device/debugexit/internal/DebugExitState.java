package dev.backplane.device.debugexit.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: the device remembers nothing. */
@StateVersion(
        schema = "debug-exit",
        writes = 1,
        reads = {1})
public record DebugExitState() {}
