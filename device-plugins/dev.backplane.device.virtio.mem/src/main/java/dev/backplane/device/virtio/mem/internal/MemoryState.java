package dev.backplane.device.virtio.mem.internal;

import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.state.StateVersion;

/**
 * Which memory the guest has. What is in it belongs to the machine.
 *
 * @param plugged the blocks that are plugged, as bits
 * @param virtio the transport's state
 */
@StateVersion(
        schema = "virtio-mem",
        writes = 1,
        reads = {1})
public record MemoryState(long[] plugged, VirtioState virtio) {}
