package dev.backplane.device.pvpanic.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: the device remembers nothing. */
@StateVersion(
        schema = "pvpanic",
        writes = 1,
        reads = {1})
public record PanicState() {}
