package dev.backplane.device.virtio.net.internal;

import static dev.backplane.device.virtio.net.internal.NetLayout.*;

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

/** Network cards for guests. */
@Component
@DeviceType("virtio-net")
public final class NetFactory implements DeviceFactory<NetOptions, NetState> {
    private static final int CLASS = 0x02_0000;
    private static final int QUEUE_SIZE = 256;
    private static final int CONTROL_QUEUE_SIZE = 64;
    private static final int LEAST_MTU = 1280;

    private static final int[] ALWAYS = {
        F_MTU,
        F_MAC,
        F_MRG_RXBUF,
        F_STATUS,
        F_CTRL_VQ,
        F_CTRL_RX,
        F_CTRL_VLAN,
        F_CTRL_RX_EXTRA,
        F_GUEST_ANNOUNCE,
        F_CTRL_MAC_ADDR
    };

    private static final int[] OFFLOADS = {
        F_CSUM,
        F_GUEST_CSUM,
        F_CTRL_GUEST_OFFLOADS,
        F_GUEST_TSO4,
        F_GUEST_TSO6,
        F_GUEST_ECN,
        F_HOST_TSO4,
        F_HOST_TSO6,
        F_HOST_ECN
    };

    private final VirtioTransport transport;

    /** On a transport. */
    @Activate
    public NetFactory(@Reference VirtioTransport transport) {
        this.transport = transport;
    }

    private static VirtioProfile profile(NetOptions options) throws ConfigurationException {
        if (options.mtu() != 0 && options.mtu() < LEAST_MTU) {
            throw new ConfigurationException(
                    "mtu: %d: expected at least %d (virtio 1.2, 5.1.4.1), or 0 for the network's"
                            .formatted(options.mtu(), LEAST_MTU));
        }
        if (options.mac().isPresent()) {
            MacAddress.parse(options.mac().get());
        }
        VirtioProfile.Builder profile = VirtioProfile.of(DEVICE_ID, CLASS).configuration(CONFIGURATION_BYTES);
        for (int feature : ALWAYS) {
            profile.feature(feature);
        }
        if (options.offloads()) {
            for (int feature : OFFLOADS) {
                profile.feature(feature);
            }
        }
        if (options.queues() > 1) {
            profile.feature(F_MQ);
        }
        for (int queue = 0; queue < 2 * options.queues(); queue++) {
            profile.queue(QUEUE_SIZE);
        }
        return profile.queue(CONTROL_QUEUE_SIZE).build();
    }

    private static NetDevice device(NetOptions options, DeviceContext context) throws ConfigurationException {
        byte[] mac = options.mac().isPresent()
                ? MacAddress.parse(options.mac().get())
                : MacAddress.of(context.vm() + "/" + context.id());
        return new NetDevice(options, context, mac);
    }

    @Override
    public Shape shape(NetOptions options) throws ConfigurationException {
        return transport.shape(profile(options));
    }

    @Override
    public Device<NetState> create(NetOptions options, DeviceContext context) throws ConfigurationException {
        NetDevice device = device(options, context);
        return device.on(transport.plug(profile(options), context, device));
    }

    @Override
    public Device<NetState> restore(NetOptions options, DeviceContext context, NetState state)
            throws StateException, ConfigurationException {
        NetDevice device = device(options, context);
        device.restore(state);
        return device.on(transport.plug(profile(options), context, device, state.virtio()));
    }
}
