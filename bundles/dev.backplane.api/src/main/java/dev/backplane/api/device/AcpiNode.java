package dev.backplane.api.device;

import java.util.ArrayList;
import java.util.List;

/**
 * What the firmware tables say of a device beyond its identifier and its resources, as plain data.
 *
 * @param objects further named objects of the device's node, each name once; {@code _HID}, {@code _UID}, {@code _CCA} and {@code
 *     _CRS} are the board's
 * @param notifications interrupts by which the firmware tells the guest's driver that something has happened
 */
public record AcpiNode(List<AcpiObject> objects, List<Notification> notifications) {
    /** Nothing more. */
    public static final AcpiNode NONE = new AcpiNode(List.of(), List.of());

    /**
     * An edge-triggered interrupt that the firmware takes, not the device's driver, which is notified (ACPI 6.5, 5.6.6 and
     * 5.6.9.1).
     *
     * @param interrupt the name of one of the shape's interrupts, which nobody else may have
     * @param value what the driver is notified with, 0 to 255; from 0x80 on it is the driver's own
     */
    public record Notification(String interrupt, int value) {
        /** Checks the bounds. */
        public Notification {
            if (value < 0 || value > 0xff) {
                throw new IllegalArgumentException(
                        "notification by %s with 0x%x: expected 0 to 0xff".formatted(interrupt, value));
            }
        }
    }

    /** Copies the lists. */
    public AcpiNode {
        objects = List.copyOf(objects);
        notifications = List.copyOf(notifications);
    }

    AcpiNode with(AcpiObject object) {
        List<AcpiObject> more = new ArrayList<>(objects);
        more.add(object);
        return new AcpiNode(more, notifications);
    }

    AcpiNode with(Notification notification) {
        List<Notification> more = new ArrayList<>(notifications);
        more.add(notification);
        return new AcpiNode(objects, more);
    }
}
