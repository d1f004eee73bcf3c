package dev.backplane.storage.luks.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: all is in the image. */
@StateVersion(
        schema = "luks",
        writes = 1,
        reads = {1})
public record LuksState() {}
