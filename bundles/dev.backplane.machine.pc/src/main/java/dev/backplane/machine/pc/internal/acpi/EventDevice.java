package dev.backplane.machine.pc.internal.acpi;

import dev.backplane.api.device.AcpiNode;
import dev.backplane.api.device.Interrupt;
import dev.backplane.api.device.Interrupt.Trigger;
import dev.backplane.api.part.ConfigurationException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The generic event device (ACPI 6.5, 5.6.9): takes interrupts for the firmware, whose method notifies the devices that they belong
 * to. It is there only where some device has such an interrupt.
 */
final class EventDevice {
    private static final String HID = "ACPI0013";

    private static final int ARGUMENT_0 = 0x68;
    private static final int NOTIFY = 0x86;
    private static final int EQUAL = 0x93;
    private static final int IF = 0xa0;

    private final ResourceTemplate interrupts = new ResourceTemplate();
    private final List<byte[]> branches = new ArrayList<>();

    /** Takes the interrupts of a device that are the firmware's. */
    void add(String name, AttachedDevice device) throws ConfigurationException {
        for (AcpiNode.Notification notification : device.shape().acpi().notifications()) {
            Interrupt interrupt = device.shape().interrupts().stream()
                    .filter(each -> each.name().equals(notification.interrupt()) && each.trigger() == Trigger.EDGE)
                    .findFirst()
                    .orElseThrow(() -> new ConfigurationException(
                            "%s: ACPI notification by \"%s\": the device has no edge-triggered interrupt of that name"
                                    .formatted(device.id(), notification.interrupt())));
            interrupts.edge(interrupt.line());
            branches.add(Aml.block(
                    IF,
                    Aml.operator(EQUAL, new byte[] {ARGUMENT_0}, Aml.integer(interrupt.line())),
                    Aml.operator(NOTIFY, new TableWriter().text(name).bytes(), Aml.integer(notification.value()))));
        }
    }

    /** The device, where there is anything to take. */
    Optional<byte[]> device() {
        if (branches.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(Aml.device(
                "GED0",
                List.of(
                        Aml.name("_HID", Aml.hardwareId(HID)),
                        Aml.name("_UID", Aml.integer(0)),
                        Aml.name("_CRS", interrupts.buffer()),
                        Aml.serializedMethod("_EVT", 1, branches.toArray(byte[][]::new)))));
    }
}
