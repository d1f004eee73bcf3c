package dev.backplane.api.device;

import java.util.List;

/**
 * A named object of the firmware tables (ACPI 6.5, 19.6.90). Its value is a {@link Long}, a {@link String} of ASCII characters, or a
 * {@link List} of up to 255 of these two.
 *
 * @param name a letter or underscore, then three of these or digits, for instance {@code _CID}
 * @param value the value
 */
public record AcpiObject(String name, Object value) {
    private static final int MOST_ELEMENTS = 255;

    /** Checks name and value. */
    public AcpiObject {
        if (!name.matches("[A-Z_][A-Z0-9_]{3}")) {
            throw new IllegalArgumentException("ACPI name '%s': expected four letters or digits".formatted(name));
        }
        if (value instanceof List<?> elements) {
            value = List.copyOf(elements);
            if (elements.size() > MOST_ELEMENTS) {
                throw new IllegalArgumentException(
                        "ACPI name %s: a package of %d elements".formatted(name, elements.size()));
            }
            elements.forEach(element -> check(name, element));
        } else {
            check(name, value);
        }
    }

    private static void check(String name, Object value) {
        boolean text = value instanceof String string && string.chars().allMatch(c -> c >= ' ' && c < 0x7f);
        if (!text && !(value instanceof Long)) {
            throw new IllegalArgumentException(
                    "ACPI name %s: %s: expected a Long or a String of ASCII characters".formatted(name, value));
        }
    }
}
