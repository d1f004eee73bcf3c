package dev.backplane.device.virtio.console.internal;

import dev.backplane.api.part.Live;
import dev.backplane.api.part.Option;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The ports, and what of them changes while the guest runs. */
public record ConsoleOptions(
        @Option(
                "The ports in their order, 1 to 30. One without a name is a terminal of the guest's: hvc0, hvc1, ... to Linux.")
        List<PortOptions> ports,

        @Live
        @Option(
                value = "Columns of the terminals; 0: as many as the terminal that the console is on.",
                byDefault = "0",
                max = 0xffff)
        int columns,

        @Live
        @Option(
                value = "Rows of the terminals; 0: as many as the terminal that the console is on.",
                byDefault = "0",
                max = 0xffff)
        int rows,

        @Live
        @Option(
                value = "Names of ports that the guest does not have now. Taking one out of the list adds the port.",
                byDefault = "[]")
        List<String> unplugged) {

    /** The control queues and these make the number of queues that Linux's driver takes without sharing interrupts. */
    private static final int MOST_PORTS = 30;

    /** Refuses what contradicts itself. */
    public ConsoleOptions {
        ports = List.copyOf(ports);
        unplugged = List.copyOf(unplugged);
        if (ports.isEmpty() || ports.size() > MOST_PORTS) {
            throw new IllegalArgumentException("%d ports: expected 1 to %d".formatted(ports.size(), MOST_PORTS));
        }
        Set<String> names = new HashSet<>();
        for (String name :
                ports.stream().map(PortOptions::name).flatMap(Optional::stream).toList()) {
            if (!names.add(name)) {
                throw new IllegalArgumentException("two ports have the name \"%s\"".formatted(name));
            }
        }
        for (String name : unplugged) {
            if (!names.contains(name)) {
                throw new IllegalArgumentException(
                        "unplugged: no port has the name \"%s\": there is %s".formatted(name, names));
            }
        }
    }

    boolean plugged(int port) {
        return ports.get(port).name().filter(unplugged::contains).isEmpty();
    }
}
