package dev.backplane.network.user.internal;

import dev.backplane.api.part.Option;
import java.util.List;
import java.util.Optional;

/** What the guest's network looks like, and what it may reach. */
public record UserOptions(
        @Option(value = "The guest's IPv4 network.", byDefault = "10.0.2.0/24")
        String network,

        @Option("The router's address; the guest reaches the host's loopback there. The network's second by default.")
        Optional<String> gateway,

        @Option("The name server's address, at which the host's is asked. The network's third by default.")
        Optional<String> dns,

        @Option("The address that DHCP gives to the guest. The network's fifteenth by default.")
        Optional<String> guest,

        @Option(value = "Whether IPv4 is spoken.", byDefault = "true")
        boolean ipv4,

        @Option(value = "Whether IPv6 is spoken.", byDefault = "true")
        boolean ipv6,

        @Option(
                value = "The guest's IPv6 network, a /64. The router is its second address, the name server its third.",
                byDefault = "\"fec0::/64\"")
        String ipv6Network,

        @Option(
                value = "The longest packet. IPv6 needs 1280.",
                byDefault = "1500",
                min = 576,
                max = 65_520,
                unit = Option.Unit.BYTES)
        int mtu,

        @Option("The name server that is asked, in place of the first in the host's /etc/resolv.conf.")
        Optional<String> resolver,

        @Option(
                value = "The guest reaches nothing outside: it has an address, and what is forwarded.",
                byDefault = "false")
        boolean restrict,

        @Option(value = "Whether the router's address stands for the host's loopback.", byDefault = "true")
        boolean hostLoopback,

        @Option(
                value =
                        "The most TCP connections at once, and the most flows of UDP. A connection takes 128 KiB at most.",
                byDefault = "256",
                min = 1,
                max = 4096)
        int connections,

        @Option(value = "Ports of the host that lead to the guest.", byDefault = "[]")
        List<ForwardOptions> forward) {}
