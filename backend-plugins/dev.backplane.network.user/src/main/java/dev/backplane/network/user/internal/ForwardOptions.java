package dev.backplane.network.user.internal;

import dev.backplane.api.part.Option;
import java.util.Optional;

/** A port of the host that leads to one of the guest. */
public record ForwardOptions(
        @Option(value = "What is forwarded.", byDefault = "tcp")
        Forward.Protocol protocol,

        @Option(
                value = "The host's address; 0.0.0.0 or :: for all of them, where others can reach the guest, too.",
                byDefault = "127.0.0.1")
        String host,

        @Option(value = "The host's port.", min = 1, max = 65_535)
        int hostPort,

        @Option("The guest's address, where it is not the one that DHCP gives first.")
        Optional<String> guest,

        @Option(value = "The guest's port.", min = 1, max = 65_535)
        int guestPort) {}
