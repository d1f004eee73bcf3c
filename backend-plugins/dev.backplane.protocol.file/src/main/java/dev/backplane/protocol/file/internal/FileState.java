package dev.backplane.protocol.file.internal;

import dev.backplane.api.state.StateVersion;

/** Nothing: all is in the file. */
@StateVersion(
        schema = "protocol-file",
        writes = 1,
        reads = {1})
public record FileState() {}
