package dev.backplane.virtio.example;

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

// @start region="factory"
/** Makes them, for {@code type: virtio-dice} in a VM file. */
@Component
@DeviceType("virtio-dice")
public final class DiceFactory implements DeviceFactory<DiceOptions, DiceState> {
    private static final int DEVICE_ID = 63;
    private static final int NO_CLASS = 0xff_0000;

    private static final VirtioProfile PROFILE = VirtioProfile.of(DEVICE_ID, NO_CLASS)
            .queue(64)
            .configuration(DiceDevice.CONFIGURATION_BYTES)
            .build();

    private final VirtioTransport transport;

    /** On a transport: registers, rings and interrupts are its business. */
    @Activate
    public DiceFactory(@Reference VirtioTransport transport) {
        this.transport = transport;
    }

    @Override
    public Shape shape(DiceOptions options) {
        return transport.shape(PROFILE);
    }

    @Override
    public DiceDevice create(DiceOptions options, DeviceContext context) {
        var device = new DiceDevice(options, context, 0);
        return device.on(transport.plug(PROFILE, context, device));
    }

    @Override
    public DiceDevice restore(DiceOptions options, DeviceContext context, DiceState state) throws StateException {
        var device = new DiceDevice(options, context, state.thrown());
        return device.on(transport.plug(PROFILE, context, device, state.virtio()));
    }
}
// @end
