package dev.backplane.device.serial.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.DeviceType;
import dev.backplane.api.device.Shape;
import dev.backplane.api.state.StateException;
import org.osgi.service.component.annotations.Component;

/** Serial ports. */
@Component
@DeviceType("serial-16550")
public final class SerialFactory implements DeviceFactory<SerialOptions, SerialState> {
    static final String WINDOW = "registers";
    static final String INTERRUPT = "irq";

    @Override
    public Shape shape(SerialOptions options) {
        return Shape.empty()
                .withPorts(WINDOW, options.firstPort(), Registers.COUNT)
                .withInterrupt(INTERRUPT, options.interrupt())
                .withAcpiId("PNP0501");
    }

    @Override
    public Device<SerialState> create(SerialOptions options, DeviceContext context) {
        return new SerialDevice(options, context, SerialState.powerOn());
    }

    @Override
    public Device<SerialState> restore(SerialOptions options, DeviceContext context, SerialState state)
            throws StateException {
        return new SerialDevice(options, context, state.checked());
    }
}
