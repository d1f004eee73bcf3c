package dev.backplane.console.file.internal;

import dev.backplane.api.state.StateVersion;

/**
 * What is on its way.
 *
 * @param unwritten bytes of the guest that are not in the file yet, oldest first
 */
@StateVersion(
        schema = "console-file",
        writes = 1,
        reads = {1})
public record FileState(byte[] unwritten) {}
