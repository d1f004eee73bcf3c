package dev.backplane.device.vmgenid.internal;

import dev.backplane.api.device.Device;
import dev.backplane.api.device.DeviceContext;
import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.DeviceType;
import dev.backplane.api.device.Shape;
import dev.backplane.api.part.ConfigurationException;
import java.util.List;
import java.util.UUID;
import org.osgi.service.component.annotations.Component;

/** The generation identifier that Microsoft specified ("Virtual Machine Generation ID", 2012). */
@Component
@DeviceType("vmgenid")
public final class GenerationFactory implements DeviceFactory<GenerationOptions, GenerationState> {
    static final String WINDOW = "identifier";
    static final String CHANGED = "changed";

    private static final String HID = "BCKP0001";
    private static final String NAME = "VM_Gen_Counter";
    /** The same in a length that ACPI allows; Hyper-V has both. */
    private static final String SHORT_NAME = "VMGENCTR";

    private static final String GUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}";

    private static final int PAGE_BYTES = 0x1000;
    private static final int CHANGE = 0x80;

    @Override
    public Shape shape(GenerationOptions options) throws ConfigurationException {
        long address = options.address();
        if (address % PAGE_BYTES != 0) {
            throw new ConfigurationException(
                    "address: 0x%x: expected a multiple of 0x%x".formatted(address, PAGE_BYTES));
        }
        if (options.identifier().isPresent()) {
            parse(options.identifier().get());
        }
        return Shape.empty()
                .withMemory(WINDOW, address, PAGE_BYTES)
                .withAcpiId(HID)
                .withAcpiObject("_CID", List.of(SHORT_NAME, NAME))
                .withAcpiObject("_DDN", NAME)
                .withAcpiObject("ADDR", List.of(address & 0xffff_ffffL, address >>> Integer.SIZE))
                .withAcpiNotification(CHANGED, options.line(), CHANGE);
    }

    @Override
    public Device<GenerationState> create(GenerationOptions options, DeviceContext context)
            throws ConfigurationException {
        return new GenerationDevice(
                context,
                options.identifier().isPresent() ? parse(options.identifier().get()) : GenerationDevice.next(context));
    }

    /** A GUID's first three fields lie in memory with the lowest byte first, the rest as it is written. */
    private static GenerationState parse(String guid) throws ConfigurationException {
        if (!guid.matches(GUID)) {
            throw new ConfigurationException(
                    "identifier: \"%s\": expected a GUID, for instance 324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87"
                            .formatted(guid));
        }
        UUID uuid = UUID.fromString(guid);
        long fields = uuid.getMostSignificantBits();
        long low = fields >>> 32 | (fields >>> 16 & 0xffff) << 32 | fields << 48;
        return new GenerationState(low, Long.reverseBytes(uuid.getLeastSignificantBits()));
    }

    @Override
    public Device<GenerationState> restore(GenerationOptions options, DeviceContext context, GenerationState state) {
        return new GenerationDevice(context, state);
    }
}
