package dev.backplane.device.vmgenid.internal;

import dev.backplane.api.state.StateVersion;

/**
 * The identifier.
 *
 * @param low its first eight bytes, little-endian
 * @param high its last eight bytes
 */
@StateVersion(
        schema = "vmgenid",
        writes = 1,
        reads = {1})
public record GenerationState(long low, long high) {}
