package dev.backplane.device.virtio.balloon.internal;

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

/** Balloons in guests. */
@Component
@DeviceType("virtio-balloon")
public final class BalloonFactory implements DeviceFactory<BalloonOptions, BalloonState> {
    /** Of no class. */
    private static final int CLASS = 0xff_0000;

    private static final int QUEUE_SIZE = 128;
    private static final int STATISTICS_QUEUE_SIZE = 16;
    private static final int REPORTING_QUEUE_SIZE = 32;

    private final VirtioTransport transport;

    /** On a transport. */
    @Activate
    public BalloonFactory(@Reference VirtioTransport transport) {
        this.transport = transport;
    }

    private static VirtioProfile profile(BalloonOptions options) {
        VirtioProfile.Builder profile = VirtioProfile.of(BalloonLayout.DEVICE_ID, CLASS)
                .feature(BalloonLayout.F_STATS_VQ)
                .configuration(BalloonLayout.CONFIGURATION_BYTES)
                .queue(QUEUE_SIZE)
                .queue(QUEUE_SIZE)
                .queue(STATISTICS_QUEUE_SIZE);
        if (options.deflateOnOom()) {
            profile.feature(BalloonLayout.F_DEFLATE_ON_OOM);
        }
        if (options.reporting()) {
            profile.feature(BalloonLayout.F_REPORTING).queue(REPORTING_QUEUE_SIZE);
        }
        return profile.build();
    }

    @Override
    public Shape shape(BalloonOptions options) {
        return transport.shape(profile(options));
    }

    @Override
    public Device<BalloonState> create(BalloonOptions options, DeviceContext context) {
        var device = new BalloonDevice(options, context, 0);
        return device.on(transport.plug(profile(options), context, device));
    }

    @Override
    public Device<BalloonState> restore(BalloonOptions options, DeviceContext context, BalloonState state)
            throws StateException {
        var device = new BalloonDevice(options, context, state.actualPages());
        return device.on(transport.plug(profile(options), context, device, state.virtio()));
    }
}
