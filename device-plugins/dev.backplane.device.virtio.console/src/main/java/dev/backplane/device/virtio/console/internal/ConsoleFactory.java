package dev.backplane.device.virtio.console.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.DeviceType;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.virtio.VirtioProfile;
import dev.backplane.api.device.virtio.VirtioTransport;
import dev.backplane.api.state.StateException;
import java.util.Collections;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Consoles and named serial ports for guests. */
@Component
@DeviceType("virtio-console")
public final class ConsoleFactory implements DeviceFactory<ConsoleOptions, ConsoleState> {
    /** A simple communication controller of no particular kind. */
    private static final int CLASS = 0x07_8000;

    private static final int QUEUE_SIZE = 64;

    private final VirtioTransport transport;

    /** On a transport. */
    @Activate
    public ConsoleFactory(@Reference VirtioTransport transport) {
        this.transport = transport;
    }

    private static VirtioProfile profile(ConsoleOptions options) {
        VirtioProfile.Builder profile = VirtioProfile.of(ConsoleLayout.DEVICE_ID, CLASS)
                .feature(ConsoleLayout.F_SIZE)
                .feature(ConsoleLayout.F_MULTIPORT)
                .feature(ConsoleLayout.F_EMERG_WRITE)
                .configuration(ConsoleLayout.CONFIGURATION_BYTES);
        int queues = 2 * options.ports().size() + 2;
        for (int queue = 0; queue < queues; queue++) {
            profile.queue(QUEUE_SIZE);
        }
        return profile.build();
    }

    @Override
    public Shape shape(ConsoleOptions options) {
        return transport.shape(profile(options));
    }

    @Override
    public Device<ConsoleState> create(ConsoleOptions options, DeviceContext context) {
        var ports = Collections.nCopies(options.ports().size(), ConsoleState.PortState.POWER_ON);
        var device = new ConsoleDevice(options, context, false, ports);
        return device.on(transport.plug(profile(options), context, device));
    }

    @Override
    public Device<ConsoleState> restore(ConsoleOptions options, DeviceContext context, ConsoleState state)
            throws StateException {
        if (state.ports().size() != options.ports().size()) {
            throw new StateException("a state of %d ports, the device has %d"
                    .formatted(state.ports().size(), options.ports().size()));
        }
        for (ConsoleState.PortState port : state.ports()) {
            if (port.output().length > Port.MOST_OUTPUT || port.input().length > Port.MOST_INPUT) {
                throw new StateException("a port holds %d and %d bytes: expected up to %d and %d"
                        .formatted(port.output().length, port.input().length, Port.MOST_OUTPUT, Port.MOST_INPUT));
            }
        }
        var device = new ConsoleDevice(options, context, state.driverReady(), state.ports());
        return device.on(transport.plug(profile(options), context, device, state.virtio()));
    }
}
