package dev.backplane.device.virtio.rng.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.DeviceType;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.virtio.VirtioProfile;
import dev.backplane.api.device.virtio.VirtioTransport;
import dev.backplane.api.state.StateException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Random numbers for guests. */
@Component
@DeviceType("virtio-rng")
public final class RngFactory implements DeviceFactory<RngOptions, RngState> {
    private static final int DEVICE_ID = 4;
    /** Of no class. */
    private static final int CLASS = 0xff_0000;

    private static final VirtioProfile PROFILE =
            VirtioProfile.of(DEVICE_ID, CLASS).queue(64).build();

    private final VirtioTransport transport;

    /** On a transport. */
    @Activate
    public RngFactory(@Reference VirtioTransport transport) {
        this.transport = transport;
    }

    @Override
    public Shape shape(RngOptions options) {
        return transport.shape(PROFILE);
    }

    @Override
    public Device<RngState> create(RngOptions options, DeviceContext context) {
        var device = new RngDevice(context);
        return device.on(transport.plug(PROFILE, context, device));
    }

    @Override
    public Device<RngState> restore(RngOptions options, DeviceContext context, RngState state) throws StateException {
        var device = new RngDevice(context);
        return device.on(transport.plug(PROFILE, context, device, state.virtio()));
    }
}
