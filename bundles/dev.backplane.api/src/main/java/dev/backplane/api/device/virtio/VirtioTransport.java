package dev.backplane.api.device.virtio;

import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.Shape;
import dev.backplane.api.state.StateException;
import org.osgi.annotation.versioning.ProviderType;

/** Puts virtio devices on a bus: a service of the virtio library. Callable on any thread. */
@ProviderType
public interface VirtioTransport {
    /**
     * What the guest sees of a device.
     *
     * @param profile what it is
     * @return a function on the PCI bus (4.1)
     */
    Shape shape(VirtioProfile profile);

    /**
     * Connects a device in its power-on state.
     *
     * @param profile what it is
     * @param context of the part; its shape is {@link #shape}'s
     * @param device the device
     * @return its transport, quiesced
     */
    VirtioPort plug(VirtioProfile profile, DeviceContext context, VirtioDevice device);

    /**
     * Connects a device that goes on from a saved state.
     *
     * @param profile what it is
     * @param context of the part; its shape is {@link #shape}'s
     * @param device the device
     * @param state what a predecessor's transport saved
     * @return its transport, quiesced
     * @throws StateException when the state cannot be one of such a device
     */
    VirtioPort plug(VirtioProfile profile, DeviceContext context, VirtioDevice device, VirtioState state)
            throws StateException;
}
