package dev.backplane.storage.vhd.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: all is in the image. */
@StateVersion(
        schema = "vhd",
        writes = 1,
        reads = {1})
public record VhdState() {}
