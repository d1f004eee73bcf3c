package dev.backplane.network.vswitch.internal;

import dev.backplane.api.state.StateVersion;

/**
 * What a port knows and has not delivered yet.
 *
 * @param frames for the guest, as a queue saves them
 * @param addresses the addresses that were seen at the port, the one seen first first
 */
@StateVersion(
        schema = "network-switch",
        writes = 1,
        reads = {1})
public record SwitchState(byte[] frames, long[] addresses) {}
