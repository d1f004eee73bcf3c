package dev.backplane.network.tap.internal;

import dev.backplane.api.state.StateVersion;

/**
 * Nothing is under way: what the guest has not taken waits in the interface.
 *
 * @param name the interface
 */
@StateVersion(
        schema = "network-tap",
        writes = 1,
        reads = {1})
public record TapState(String name) {}
