package dev.backplane.device.i8042.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.DeviceType;
import dev.backplane.api.device.Shape;
import dev.backplane.api.state.StateException;
import org.osgi.service.component.annotations.Component;

/** Keyboard controllers that reset the machine, and little more. */
@Component
@DeviceType("i8042-reset")
public final class I8042Factory implements DeviceFactory<I8042Options, I8042State> {
    static final String DATA = "data";
    static final String COMMAND = "command";

    @Override
    public Shape shape(I8042Options options) {
        return Shape.empty().withPorts(DATA, 0x60, 1).withPorts(COMMAND, 0x64, 1);
    }

    @Override
    public Device<I8042State> create(I8042Options options, DeviceContext context) {
        return new I8042Device(context, I8042Device.POWER_ON);
    }

    @Override
    public Device<I8042State> restore(I8042Options options, DeviceContext context, I8042State state)
            throws StateException {
        return new I8042Device(context, state.checked());
    }
}
