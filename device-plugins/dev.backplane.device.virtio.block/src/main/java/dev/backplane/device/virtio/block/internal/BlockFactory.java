package dev.backplane.device.virtio.block.internal;

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

/** Disks for guests. */
@Component
@DeviceType("virtio-block")
public final class BlockFactory implements DeviceFactory<BlockOptions, BlockState> {
    private static final int CLASS = 0x01_8000;

    private final VirtioTransport transport;

    /** On a transport. */
    @Activate
    public BlockFactory(@Reference VirtioTransport transport) {
        this.transport = transport;
    }

    private static void check(BlockOptions options) throws ConfigurationException {
        String serial = options.serial().orElse("");
        if (serial.length() > BlockLayout.ID_BYTES || !serial.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new ConfigurationException(
                    "serial: \"%s\": expected up to 20 characters of ASCII without spaces".formatted(serial));
        }
        if (Integer.bitCount(options.blockSize()) != 1
                || Integer.bitCount(options.physicalBlockSize()) != 1
                || options.physicalBlockSize() < options.blockSize()) {
            throw new ConfigurationException(
                    "blockSize: %d, physicalBlockSize: %d: expected powers of two, the second not below the first"
                            .formatted(options.blockSize(), options.physicalBlockSize()));
        }
        BlockDevice.checkCapacity(options);
    }

    private static VirtioProfile profile(BlockOptions options) throws ConfigurationException {
        check(options);
        VirtioProfile.Builder profile = VirtioProfile.of(BlockLayout.DEVICE_ID, CLASS)
                .feature(BlockLayout.F_SEG_MAX)
                .feature(BlockLayout.F_BLK_SIZE)
                .feature(BlockLayout.F_FLUSH)
                .feature(BlockLayout.F_TOPOLOGY)
                .feature(BlockLayout.F_MQ)
                .configuration(BlockLayout.CONFIGURATION_BYTES)
                .packedRings(options.packed());
        if (options.readOnly()) {
            profile.feature(BlockLayout.F_RO);
        } else {
            profile.feature(BlockLayout.F_DISCARD).feature(BlockLayout.F_WRITE_ZEROES);
        }
        for (int queue = 0; queue < options.queues(); queue++) {
            profile.queue(BlockLayout.QUEUE_SIZE);
        }
        return profile.build();
    }

    @Override
    public Shape shape(BlockOptions options) throws ConfigurationException {
        return transport.shape(profile(options));
    }

    @Override
    public Device<BlockState> create(BlockOptions options, DeviceContext context) throws ConfigurationException {
        var device = new BlockDevice(options, context, 0);
        return device.on(transport.plug(profile(options), context, device));
    }

    @Override
    public Device<BlockState> restore(BlockOptions options, DeviceContext context, BlockState state)
            throws StateException, ConfigurationException {
        var device = new BlockDevice(options, context, state.capacitySectors());
        return device.on(transport.plug(profile(options), context, device, state.virtio()));
    }
}
