package dev.backplane.network.user.internal;

import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** Where on the host's side of things a guest may go. Sees no difference between protocols. */
final class Outside {
    private static final int DNS = 53;

    private final Link link;
    private final Resolver resolver;

    Outside(Link link, Resolver resolver) {
        this.link = link;
        this.resolver = resolver;
    }

    /** The host's address for what a guest wants to reach, or null where it must not. */
    @Nullable
    InetSocketAddress find(Address target, int port) {
        if (port == 0 || link.restricted()) {
            return null;
        }
        if (port == DNS && (target.equals(link.dns4()) || target.equals(link.dns6()))) {
            Address server = resolver.server();
            return server == null ? null : new InetSocketAddress(server.inet(), DNS);
        }
        if (target.equals(link.gateway4()) || target.equals(link.gateway6())) {
            Address loopback = target.isV4() ? Address.LOOPBACK4 : Address.LOOPBACK6;
            return link.hostLoopback() ? new InetSocketAddress(loopback.inet(), port) : null;
        }
        return isPublic(target) ? new InetSocketAddress(target.inet(), port) : null;
    }

    /** Whether a host that is neither on this link nor on another one's, nor this host itself, may have the address. */
    boolean isPublic(Address target) {
        if (link.isOnLink(target.high(), target.low()) || link.isOurs(target.high(), target.low())) {
            return false;
        }
        return target.isV4() ? isPublic4(target.v4()) : isPublic6(target.high(), target.low());
    }

    /** RFC 6890 2.2.2. A private network's addresses are as good as any. */
    private static boolean isPublic4(int address) {
        int first = address >>> 24;
        return first != 0 && first != 127 && first < 224 && address >>> 16 != 0xa9fe;
    }

    /** RFC 6890 2.2.3: no multicast, link-local, site-local, loopback, unspecified or IPv4 addresses in disguise. */
    private static boolean isPublic6(long high, long low) {
        int first = (int) (high >>> 48);
        boolean local = first >= 0xfe80;
        boolean mapped = high == 0 && (low >>> 32 == 0xffff || low >>> 32 == 0);
        return !local && !mapped;
    }
}
