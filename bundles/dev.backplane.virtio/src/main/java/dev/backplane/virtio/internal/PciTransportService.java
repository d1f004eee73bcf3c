package dev.backplane.virtio.internal;

import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.virtio.VirtioDevice;
import dev.backplane.api.device.virtio.VirtioPort;
import dev.backplane.api.device.virtio.VirtioProfile;
import dev.backplane.api.device.virtio.VirtioState;
import dev.backplane.api.device.virtio.VirtioTransport;
import dev.backplane.api.state.StateException;
import org.osgi.service.component.annotations.Component;

/** The modern PCI transport (4.1). */
@Component
public final class PciTransportService implements VirtioTransport {
    @Override
    public Shape shape(VirtioProfile profile) {
        return Layout.shape(profile);
    }

    @Override
    public VirtioPort plug(VirtioProfile profile, DeviceContext context, VirtioDevice device) {
        return new Transport(profile, context, device);
    }

    @Override
    public VirtioPort plug(VirtioProfile profile, DeviceContext context, VirtioDevice device, VirtioState state)
            throws StateException {
        Transport transport = new Transport(profile, context, device);
        transport.restore(state);
        return transport;
    }
}
