package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: all is in the image. */
@StateVersion(
        schema = "vhdx",
        writes = 1,
        reads = {1})
public record VhdxState() {}
