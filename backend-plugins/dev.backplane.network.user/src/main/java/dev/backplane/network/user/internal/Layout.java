package dev.backplane.network.user.internal;

import dev.backplane.api.part.ConfigurationException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads addresses out of options. */
final class Layout {
    private static final int GATEWAY = 2;
    private static final int DNS = 3;
    private static final int GUEST = 15;
    private static final int LEAST_PREFIX = 8;
    /** Room for the router, the name server and a guest. */
    private static final int MOST_PREFIX = 29;

    private static final int PREFIX6 = 64;
    private static final int LEAST_MTU6 = 1280;

    private Layout() {}

    static Link link(UserOptions options) throws ConfigurationException {
        if (!options.ipv4() && !options.ipv6()) {
            throw new ConfigurationException("ipv4 and ipv6: both are false: expected one of them");
        }
        if (options.ipv6() && options.mtu() < LEAST_MTU6) {
            throw new ConfigurationException(
                    "mtu: %d: expected at least %d, or ipv6: false".formatted(options.mtu(), LEAST_MTU6));
        }
        int slash = options.network().indexOf('/');
        Address network = address(
                "network", slash < 0 ? options.network() : options.network().substring(0, slash));
        int prefix = prefix(options.network(), slash);
        int mask = -1 << 32 - prefix;
        if (!network.isV4() || (network.v4() & ~mask) != 0) {
            throw new ConfigurationException(
                    "network: \"%s\": expected the address of an IPv4 network, such as 10.0.2.0/24"
                            .formatted(options.network()));
        }
        int slots = Math.min(GUEST, ~mask - 1);
        Address gateway = host(options, "gateway", options.gateway(), network, mask, GATEWAY);
        Address dns = host(options, "dns", options.dns(), network, mask, DNS);
        Address guest = host(options, "guest", options.guest(), network, mask, slots);
        if (gateway.equals(dns) || guest.equals(gateway) || guest.equals(dns)) {
            throw new ConfigurationException(
                    "gateway, dns and guest: %s, %s and %s: expected three addresses".formatted(gateway, dns, guest));
        }
        long prefix6 = prefix6(options.ipv6Network());
        return new Link(
                network.v4(),
                prefix,
                gateway,
                dns,
                guest,
                options.ipv4(),
                prefix6,
                new Address(prefix6, GATEWAY),
                new Address(prefix6, DNS),
                options.ipv6(),
                options.mtu(),
                options.restrict(),
                options.hostLoopback());
    }

    static Optional<Address> resolver(UserOptions options) throws ConfigurationException {
        return options.resolver().isEmpty()
                ? Optional.empty()
                : Optional.of(address("resolver", options.resolver().get()));
    }

    static List<Forward> forwards(UserOptions options, Link link) throws ConfigurationException {
        List<Forward> forwards = new ArrayList<>();
        Set<String> keys = new HashSet<>();
        for (ForwardOptions each : options.forward()) {
            String name = "forward[" + forwards.size() + "]";
            Address host = address(name + ".host", each.host());
            Address guest = each.guest().isEmpty()
                    ? link.guest4()
                    : address(name + ".guest", each.guest().get());
            boolean spoken = guest.isV4() ? link.hasV4() : link.hasV6();
            if (!spoken || !link.isGuests(guest.high(), guest.low())) {
                throw new ConfigurationException(
                        "%s.guest: %s: expected an address of the guest's network".formatted(name, guest));
            }
            Forward forward = new Forward(
                    each.protocol(), new InetSocketAddress(host.inet(), each.hostPort()), guest, each.guestPort());
            if (!keys.add(forward.key())) {
                throw new ConfigurationException(
                        "%s: %s is forwarded already: expected another port".formatted(name, forward.key()));
            }
            forwards.add(forward);
        }
        return forwards;
    }

    private static int prefix(String network, int slash) throws ConfigurationException {
        try {
            int prefix = slash < 0 ? 0 : Integer.parseInt(network.substring(slash + 1));
            if (prefix >= LEAST_PREFIX && prefix <= MOST_PREFIX) {
                return prefix;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw new ConfigurationException("network: \"%s\": expected a prefix of %d to %d bits, such as 10.0.2.0/24"
                .formatted(network, LEAST_PREFIX, MOST_PREFIX));
    }

    private static Address host(
            UserOptions options, String name, Optional<String> given, Address network, int mask, int number)
            throws ConfigurationException {
        Address address = given.isEmpty() ? Address.v4(network.v4() + number) : address(name, given.get());
        int host = address.v4() & ~mask;
        if (!address.isV4() || (address.v4() & mask) != network.v4() || host == 0 || host == ~mask) {
            throw new ConfigurationException(
                    "%s: %s: expected an address of %s".formatted(name, address, options.network()));
        }
        return address;
    }

    private static long prefix6(String network) throws ConfigurationException {
        int slash = network.indexOf('/');
        Address address = address("ipv6Network", slash < 0 ? network : network.substring(0, slash));
        boolean sound = slash > 0 && network.substring(slash + 1).equals(String.valueOf(PREFIX6));
        int first = (int) (address.high() >>> 48);
        boolean usable = first > 0 && first < 0xff00 && !Link.isLinkLocal(address.high());
        if (!sound || address.isV4() || address.low() != 0 || !usable) {
            throw new ConfigurationException(
                    "ipv6Network: \"%s\": expected the address of an IPv6 network of 64 bits, such as fec0::/64"
                            .formatted(network));
        }
        return address.high();
    }

    private static Address address(String name, String text) throws ConfigurationException {
        try {
            return Address.parse(text);
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException("%s: \"%s\": expected an IP address".formatted(name, text), e);
        }
    }
}
