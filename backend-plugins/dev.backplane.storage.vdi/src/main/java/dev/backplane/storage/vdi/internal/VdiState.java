package dev.backplane.storage.vdi.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: all is in the image. */
@StateVersion(
        schema = "vdi",
        writes = 1,
        reads = {1})
public record VdiState() {}
