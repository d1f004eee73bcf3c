package dev.backplane.storage.raw.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: all is below. */
@StateVersion(
        schema = "raw",
        writes = 1,
        reads = {1})
public record RawState() {}
