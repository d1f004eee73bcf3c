package dev.backplane.device.virtio.balloon.internal;

import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.state.StateVersion;

/**
 * Where driver and device have got to.
 *
 * @param actualPages how many pages the guest says are in the balloon
 * @param virtio the transport's state
 */
@StateVersion(
        schema = "virtio-balloon",
        writes = 1,
        reads = {1})
public record BalloonState(int actualPages, VirtioState virtio) {}
