package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: all is in the image. */
@StateVersion(
        schema = "qcow2",
        writes = 1,
        reads = {1})
public record QcowState() {}
