package dev.backplane.device.pvpanic.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.DeviceType;
import dev.backplane.api.device.Shape;
import dev.backplane.api.device.pci.PciBar;
import dev.backplane.api.device.pci.PciFunction;
import org.osgi.service.component.annotations.Component;

/** The panic notifier that QEMU defined and guests have drivers for. */
@Component
@DeviceType("pvpanic")
public final class PanicFactory implements DeviceFactory<PanicOptions, PanicState> {
    static final String WINDOW = "events";

    private static final int PORT = 0x505;
    private static final String ACPI_ID = "QEMU0001";

    private static final int VENDOR = 0x1b36;
    private static final int DEVICE = 0x0011;
    /** A system peripheral that is none of the usual ones. */
    private static final int CLASS = 0x08_8000;

    private static final int BAR_BYTES = 16;

    @Override
    public Shape shape(PanicOptions options) {
        return switch (options.bus()) {
            case PCI ->
                Shape.empty()
                        .withPci(PciFunction.of(VENDOR, DEVICE, CLASS)
                                .subsystem(VENDOR, DEVICE)
                                .bar(WINDOW, 0, BAR_BYTES, PciBar.Kind.MEMORY_32)
                                .build());
            case ISA -> Shape.empty().withPorts(WINDOW, PORT, 1).withAcpiId(ACPI_ID);
        };
    }

    @Override
    public Device<PanicState> create(PanicOptions options, DeviceContext context) {
        return new PanicDevice(options, context);
    }

    @Override
    public Device<PanicState> restore(PanicOptions options, DeviceContext context, PanicState state) {
        return new PanicDevice(options, context);
    }
}
