package dev.backplane.network.user.internal;

/**
 * Who is who on the guest's link.
 *
 * @param network4 the network's address
 * @param prefix4 how many bits of it count
 * @param gateway4 we, as a router
 * @param dns4 we, as a name server
 * @param guest4 the first address that DHCP gives
 * @param hasV4 whether IPv4 is spoken
 * @param prefix6 the first 64 bits of the IPv6 network
 * @param gateway6 we, as a router
 * @param dns6 we, as a name server
 * @param hasV6 whether IPv6 is spoken
 * @param mtu the longest packet
 * @param restricted whether the guest reaches nothing but us
 * @param hostLoopback whether the router's addresses stand for the host's loopback
 */
record Link(
        int network4,
        int prefix4,
        Address gateway4,
        Address dns4,
        Address guest4,
        boolean hasV4,
        long prefix6,
        Address gateway6,
        Address dns6,
        boolean hasV6,
        int mtu,
        boolean restricted,
        boolean hostLoopback) {
    /** The router's address on the link itself: router advertisements come from it (RFC 4861 4.2). */
    static final Address LINK_LOCAL = new Address(0xfe80_0000_0000_0000L, 2);

    static final long BROADCAST_MAC = 0xffff_ffff_ffffL;
    private static final long MULTICAST_BIT = 0x0100_0000_0000L;
    /** Locally administered; behind it comes the router's IPv4 address. */
    private static final long MAC_PREFIX = 0x5255_0000_0000L;

    private static final long LINK_LOCAL_PREFIX = 0xfe80_0000_0000_0000L;

    /** Our Ethernet address. */
    long mac() {
        return MAC_PREFIX | gateway4.v4() & 0xffff_ffffL;
    }

    static boolean isUnicast(long mac) {
        return mac != 0 && !isMulticast(mac);
    }

    static boolean isMulticast(long mac) {
        return (mac & MULTICAST_BIT) != 0;
    }

    int mask4() {
        return -1 << 32 - prefix4;
    }

    int broadcast4() {
        return network4 | ~mask4();
    }

    boolean isOurs(long high, long low) {
        return gateway4.is(high, low)
                || dns4.is(high, low)
                || gateway6.is(high, low)
                || dns6.is(high, low)
                || LINK_LOCAL.is(high, low);
    }

    boolean isOnLink(long high, long low) {
        return Address.isV4(high, low) ? ((int) low & mask4()) == network4 : high == prefix6 || isLinkLocal(high);
    }

    static boolean isLinkLocal(long high) {
        return high == LINK_LOCAL_PREFIX;
    }

    /** Whether a host on the link, who is not one of us, may have the address. */
    boolean isGuests(long high, long low) {
        if (!isOnLink(high, low) || isOurs(high, low)) {
            return false;
        }
        return !Address.isV4(high, low) || (int) low != network4 && (int) low != broadcast4();
    }

    /** The router's address in the family of another. */
    Address gateway(Address like) {
        return like.isV4() ? gateway4 : gateway6;
    }
}
