package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: all is in the image. */
@StateVersion(
        schema = "vmdk",
        writes = 1,
        reads = {1})
public record VmdkState() {}
