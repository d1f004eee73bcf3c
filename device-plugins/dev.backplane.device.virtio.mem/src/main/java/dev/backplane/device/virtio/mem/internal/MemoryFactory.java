package dev.backplane.device.virtio.mem.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.DeviceType;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.virtio.VirtioProfile;
import dev.backplane.api.device.virtio.VirtioTransport;
import dev.backplane.api.state.StateException;
import java.util.BitSet;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** Memory that comes and goes. */
@Component
@DeviceType("virtio-mem")
public final class MemoryFactory implements DeviceFactory<MemoryOptions, MemoryState> {
    /** Of no class. */
    private static final int CLASS = 0xff_0000;

    private static final int QUEUE_SIZE = 64;

    private final VirtioTransport transport;

    /** On a transport. */
    @Activate
    public MemoryFactory(@Reference VirtioTransport transport) {
        this.transport = transport;
    }

    private static VirtioProfile profile() {
        return VirtioProfile.of(MemoryLayout.DEVICE_ID, CLASS)
                .feature(MemoryLayout.F_UNPLUGGED_INACCESSIBLE)
                .configuration(MemoryLayout.CONFIGURATION_BYTES)
                .queue(QUEUE_SIZE)
                .build();
    }

    @Override
    public Shape shape(MemoryOptions options) {
        return transport.shape(profile()).withRam(options.address(), options.max());
    }

    @Override
    public Device<MemoryState> create(MemoryOptions options, DeviceContext context) {
        var device = new MemoryDevice(options, context, new BitSet());
        return device.on(transport.plug(profile(), context, device));
    }

    @Override
    public Device<MemoryState> restore(MemoryOptions options, DeviceContext context, MemoryState state)
            throws StateException {
        BitSet plugged = BitSet.valueOf(state.plugged());
        if (plugged.length() > options.blocks()) {
            throw new StateException(
                    "plugged: block %d: there are %d of them".formatted(plugged.length() - 1, options.blocks()));
        }
        var device = new MemoryDevice(options, context, plugged);
        return device.on(transport.plug(profile(), context, device, state.virtio()));
    }
}
