package dev.backplane.device.virtio.net.internal;

import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.state.StateVersion;

/**
 * Where driver and device have got to. What the driver has sent is sent, or still in its queues.
 *
 * @param mtuBytes what the guest was told, 0 before it was told anything
 * @param linkUp what the guest was told
 * @param announce whether the guest is asked to make itself known
 * @param controls what the driver has set
 * @param received a frame that was taken from the network and is not delivered yet, with what is left to do; as a queue saves it
 * @param virtio the transport's state
 */
@StateVersion(
        schema = "virtio-net",
        writes = 1,
        reads = {1})
public record NetState(
        int mtuBytes, boolean linkUp, boolean announce, ControlState controls, byte[] received, VirtioState virtio) {}
