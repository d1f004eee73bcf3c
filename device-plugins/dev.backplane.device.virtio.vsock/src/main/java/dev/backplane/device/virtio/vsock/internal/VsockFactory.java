package dev.backplane.device.virtio.vsock.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.DeviceType;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.virtio.VirtioProfile;
import dev.backplane.api.device.virtio.VirtioTransport;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Sockets between guests and programs of the host. */
@Component
@DeviceType("virtio-vsock")
public final class VsockFactory implements DeviceFactory<VsockOptions, VsockState> {
    /** A simple communication controller of no particular kind. */
    private static final int CLASS = 0x07_8000;

    private static final int QUEUE_SIZE = 128;
    private static final int EVENT_QUEUE_SIZE = 16;

    private static final VirtioProfile PROFILE = VirtioProfile.of(VsockLayout.DEVICE_ID, CLASS)
            .feature(VsockLayout.F_STREAM)
            .configuration(VsockLayout.CONFIGURATION_BYTES)
            .queue(QUEUE_SIZE)
            .queue(QUEUE_SIZE)
            .queue(EVENT_QUEUE_SIZE)
            .build();

    private final VirtioTransport transport;

    /** On a transport. */
    @Activate
    public VsockFactory(@Reference VirtioTransport transport) {
        this.transport = transport;
    }

    @Override
    public Shape shape(VsockOptions options) {
        return transport.shape(PROFILE);
    }

    @Override
    public Device<VsockState> create(VsockOptions options, DeviceContext context) throws ConfigurationException {
        refuseVirtualTime(context);
        var sockets = new Sockets(context, options.path());
        sockets.listener();
        var device = new VsockDevice(options, context, sockets);
        return device.on(transport.plug(PROFILE, context, device));
    }

    @Override
    public Device<VsockState> restore(VsockOptions options, DeviceContext context, VsockState state)
            throws StateException, ConfigurationException {
        refuseVirtualTime(context);
        check(options, state);
        var device = new VsockDevice(options, context, new Sockets(context, options.path()));
        device.restore(state);
        return device.on(transport.plug(PROFILE, context, device, state.virtio()));
    }

    /** Programs of the host speak when they like, which no recording would have. */
    private static void refuseVirtualTime(DeviceContext context) throws ConfigurationException {
        if (context.virtualTime()) {
            throw new ConfigurationException("virtio-vsock does not work on virtual time: take it out of the VM file");
        }
    }

    private static void check(VsockOptions options, VsockState state) throws StateException {
        if (state.connections().size() > options.connections()) {
            throw new StateException("a state of %d connections, there may be %d"
                    .formatted(state.connections().size(), options.connections()));
        }
        for (VsockState.ConnectionState connection : state.connections()) {
            if (connection.toHost().length > options.buffer()
                    || connection.ahead().length > Connection.MOST_AHEAD
                    || connection.phase() < Connection.GREETING
                    || connection.phase() > Connection.CONNECTED) {
                throw new StateException("connection %d: phase %d, %d and %d bytes: expected 0 to 2, up to %d and %d"
                        .formatted(
                                connection.id(),
                                connection.phase(),
                                connection.toHost().length,
                                connection.ahead().length,
                                options.buffer(),
                                Connection.MOST_AHEAD));
            }
        }
        for (byte[] refusal : state.refusals()) {
            if (refusal.length != Header.BYTES) {
                throw new StateException("a refusal of %d bytes: expected %d".formatted(refusal.length, Header.BYTES));
            }
        }
    }
}
