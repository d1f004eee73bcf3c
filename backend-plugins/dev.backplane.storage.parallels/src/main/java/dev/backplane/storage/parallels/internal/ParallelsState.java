package dev.backplane.storage.parallels.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: all is in the image. */
@StateVersion(
        schema = "parallels",
        writes = 1,
        reads = {1})
public record ParallelsState() {}
