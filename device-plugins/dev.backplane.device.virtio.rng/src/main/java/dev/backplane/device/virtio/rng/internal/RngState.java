package dev.backplane.device.virtio.rng.internal;

import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.state.StateVersion;

/**
 * Where driver and device have got to.
 *
 * @param virtio the transport's state
 */
@StateVersion(
        schema = "virtio-rng",
        writes = 1,
        reads = {1})
public record RngState(VirtioState virtio) {}
