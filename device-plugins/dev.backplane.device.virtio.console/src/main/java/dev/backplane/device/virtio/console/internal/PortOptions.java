package dev.backplane.device.virtio.console.internal;

import dev.backplane.api.console.ConsoleRef;
import dev.backplane.api.part.Option;
import java.util.Optional;

/** One port. */
public record PortOptions(
        @Option("Where its characters go.") ConsoleRef console,

        @Option(
                "Makes it a serial port of that name, /dev/virtio-ports/NAME to Linux with udev. Up to 64 characters of ASCII.")
        Optional<String> name) {

    private static final int LONGEST_NAME = 64;

    /** Refuses names that no guest could use as one of a file. */
    public PortOptions {
        name.filter(text -> !isName(text)).ifPresent(text -> {
            throw new IllegalArgumentException(
                    "name: \"%s\": expected 1 to %d characters of ASCII without spaces and slashes"
                            .formatted(text, LONGEST_NAME));
        });
    }

    private static boolean isName(String text) {
        return !text.isEmpty()
                && text.length() <= LONGEST_NAME
                && text.chars().allMatch(c -> c > ' ' && c < 0x7f && c != '/');
    }
}
