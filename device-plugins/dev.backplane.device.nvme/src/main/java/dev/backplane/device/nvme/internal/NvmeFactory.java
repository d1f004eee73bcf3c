package dev.backplane.device.nvme.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.DeviceType;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.pci.PciBar;
import dev.backplane.api.device.pci.PciFunction;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.state.StateException;
import org.osgi.service.component.annotations.Component;

/** Disks for guests, by the interface of NVM Express. */
@Component
@DeviceType("nvme")
public final class NvmeFactory implements DeviceFactory<NvmeOptions, NvmeState> {
    static final String REGISTERS = "registers";

    /** One that drivers know by its class alone, without quirks. */
    private static final int DEVICE = 0x00f4;

    private static final int CLASS = 0x01_0802;

    @Override
    public Shape shape(NvmeOptions options) throws ConfigurationException {
        String serial = options.serial().orElse("");
        if (serial.length() > Identity.SERIAL_CHARACTERS || !serial.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
            throw new ConfigurationException(
                    "serial: \"%s\": expected up to 20 characters of ASCII without spaces".formatted(serial));
        }
        if (options.blockBytes() != 512 && options.blockBytes() != 4096) {
            throw new ConfigurationException("blockBytes: %d: expected 512 or 4096".formatted(options.blockBytes()));
        }
        return Shape.empty()
                .withPci(PciFunction.of(Identity.VENDOR, DEVICE, CLASS)
                        .subsystem(Identity.VENDOR, DEVICE)
                        .bar(REGISTERS, 0, Layout.barBytes(options.queues()), PciBar.Kind.MEMORY_64)
                        .messages(options.queues() + 1)
                        .pin()
                        .build());
    }

    @Override
    public Device<NvmeState> create(NvmeOptions options, DeviceContext context) {
        return new NvmeDevice(options, context);
    }

    @Override
    public Device<NvmeState> restore(NvmeOptions options, DeviceContext context, NvmeState state)
            throws StateException {
        return new NvmeDevice(options, context).goingOnFrom(state);
    }
}
