package dev.backplane.device.virtio.block.internal;

import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.state.StateVersion;

/**
 * Where driver and device have got to. All requests are answered.
 *
 * @param capacitySectors the capacity that the guest knows, in 512 bytes
 * @param virtio the transport's state
 */
@StateVersion(
        schema = "virtio-block",
        writes = 1,
        reads = {1})
public record BlockState(long capacitySectors, VirtioState virtio) {}
