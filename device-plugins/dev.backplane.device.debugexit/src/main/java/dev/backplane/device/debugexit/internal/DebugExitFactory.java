package dev.backplane.device.debugexit.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.DeviceType;
import dev.backplane.api.device.Shape;
import org.osgi.service.component.annotations.Component;

/** Ports by which test kernels end their machine. */
@Component
@DeviceType("debug-exit")
public final class DebugExitFactory implements DeviceFactory<DebugExitOptions, DebugExitState> {
    static final String WINDOW = "exit";

    /** Test kernels write one, two or four bytes. */
    private static final int PORTS = 4;

    @Override
    public Shape shape(DebugExitOptions options) {
        return Shape.empty().withPorts(WINDOW, options.port(), PORTS);
    }

    @Override
    public Device<DebugExitState> create(DebugExitOptions options, DeviceContext context) {
        return new DebugExitDevice(context);
    }

    @Override
    public Device<DebugExitState> restore(DebugExitOptions options, DeviceContext context, DebugExitState state) {
        return new DebugExitDevice(context);
    }
}
