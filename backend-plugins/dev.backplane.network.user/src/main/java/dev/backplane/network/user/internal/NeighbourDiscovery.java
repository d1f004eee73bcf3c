package dev.backplane.network.user.internal;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Neighbours and routers of IPv6 (RFC 4861): who has our addresses, that we are the router, the prefix from which the guest makes
 * its own address (RFC 4862), and where the name server is (RFC 8106).
 */
final class NeighbourDiscovery {
    private static final int ROUTER_SOLICITATION = 133;
    private static final int ROUTER_ADVERTISEMENT = 134;
    private static final int NEIGHBOUR_SOLICITATION = 135;
    private static final int NEIGHBOUR_ADVERTISEMENT = 136;

    /** What has passed a router has less (RFC 4861 6.1 and 7.1). */
    private static final int HOP_LIMIT = 255;

    private static final int SOURCE_ADDRESS = 1;
    private static final int TARGET_ADDRESS = 2;
    private static final int PREFIX = 3;
    private static final int MTU = 5;
    private static final int NAME_SERVER = 25;

    private static final int SOLICITED_OVERRIDE_ROUTER = 0xe000_0000;
    private static final int ON_LINK_AUTONOMOUS = 0xc0;
    private static final int FOREVER = -1;
    private static final int ROUTER_SECONDS = 1800;
    private static final int PREFIX_BITS = 64;
    private static final long MULTICAST_MAC = 0x3333_0000_0000L;
    private static final long SOLICITED_NODE_HIGH = 0xff02_0000_0000_0000L;
    private static final long SOLICITED_NODE_LOW = 0x0000_0001_ff00_0000L;
    /** Well before the last one's lifetime has passed (RFC 4861 6.2.1: MaxRtrAdvInterval). */
    static final long INTERVAL_NANOS = TimeUnit.MINUTES.toNanos(8);

    private final Link link;
    private final Output output;
    private final Neighbours neighbours;
    private final LongSupplier clock;
    private long next;

    NeighbourDiscovery(Link link, Output output, Neighbours neighbours, LongSupplier clock) {
        this.link = link;
        this.output = output;
        this.neighbours = neighbours;
        this.clock = clock;
        this.next = clock.getAsLong() + INTERVAL_NANOS;
    }

    /** Takes a sound packet of ICMPv6; false where it is not about neighbours. */
    boolean receive(Packet packet) {
        int type = packet.length() == 0 ? 0 : Wire.u8(packet.bytes, packet.payload);
        if (type < ROUTER_SOLICITATION || type > NEIGHBOUR_ADVERTISEMENT) {
            return false;
        }
        if (packet.hopLimit == HOP_LIMIT && packet.length() >= 8 && Wire.u8(packet.bytes, packet.payload + 1) == 0) {
            switch (type) {
                case ROUTER_SOLICITATION -> receiveRouterSolicitation(packet);
                case NEIGHBOUR_SOLICITATION -> receiveSolicitation(packet);
                case NEIGHBOUR_ADVERTISEMENT -> receiveAdvertisement(packet);
                default -> {
                    // We are the router.
                }
            }
        }
        return true;
    }

    private void receiveRouterSolicitation(Packet packet) {
        if (!areOptionsSound(packet, 8)) {
            return;
        }
        Address source = packet.source();
        if (link.isGuests(source.high(), source.low())) {
            neighbours.learn(source, packet.mac);
        }
        advertiseRouter();
    }

    private void receiveSolicitation(Packet packet) {
        if (packet.length() < 24 || !areOptionsSound(packet, 24)) {
            return;
        }
        Address target = address(packet, packet.payload + 8);
        boolean probe = (packet.sourceHigh | packet.sourceLow) == 0;
        if (!probe) {
            neighbours.learn(packet.source(), packet.mac);
        }
        if (target.isV4() || !link.isOurs(target.high(), target.low())) {
            return;
        }
        // Somebody who tries our address for himself has none to be answered at (RFC 4861 7.2.4).
        Address to = probe ? Address.ALL_NODES : packet.source();
        int at = output.begin(probe ? MULTICAST_MAC | 1 : packet.mac, target, to, Packet.ICMPV6, HOP_LIMIT);
        byte[] bytes = output.bytes;
        Wire.put32(bytes, at, NEIGHBOUR_ADVERTISEMENT << 24);
        Wire.put32(bytes, at + 4, probe ? SOLICITED_OVERRIDE_ROUTER & ~0x4000_0000 : SOLICITED_OVERRIDE_ROUTER);
        put(at + 8, target);
        putMac(at + 24, TARGET_ADDRESS);
        send(at, 32);
    }

    private void receiveAdvertisement(Packet packet) {
        if (packet.length() < 24 || !areOptionsSound(packet, 24)) {
            return;
        }
        Address target = address(packet, packet.payload + 8);
        if (!target.isV4() && link.isGuests(target.high(), target.low())) {
            neighbours.learn(target, packet.mac);
        }
    }

    /** Each option has a length, which is not zero, and is wholly there (RFC 4861 4.6). */
    private static boolean areOptionsSound(Packet packet, int from) {
        int at = packet.payload + from;
        while (at < packet.end) {
            int length = packet.end - at < 2 ? 0 : 8 * Wire.u8(packet.bytes, at + 1);
            if (length == 0 || length > packet.end - at) {
                return false;
            }
            at += length;
        }
        return true;
    }

    /** Asks who has an address. */
    void ask(Address target) {
        Address group = new Address(SOLICITED_NODE_HIGH, SOLICITED_NODE_LOW | target.low() & 0xff_ffff);
        Address source = Link.isLinkLocal(target.high()) ? Link.LINK_LOCAL : link.gateway6();
        int at = output.begin(MULTICAST_MAC | group.low() & 0xffff_ffffL, source, group, Packet.ICMPV6, HOP_LIMIT);
        Wire.put64(output.bytes, at, (long) NEIGHBOUR_SOLICITATION << 56);
        put(at + 8, target);
        putMac(at + 24, SOURCE_ADDRESS);
        send(at, 32);
    }

    /** Tells everybody again from time to time. Returns when to call again. */
    long tick(long now) {
        if (next <= now) {
            advertiseRouter();
        }
        return next;
    }

    /** Tells everybody who the router is (RFC 4861 4.2). */
    void advertiseRouter() {
        next = clock.getAsLong() + INTERVAL_NANOS;
        int at = output.begin(MULTICAST_MAC | 1, Link.LINK_LOCAL, Address.ALL_NODES, Packet.ICMPV6, HOP_LIMIT);
        byte[] bytes = output.bytes;
        Wire.put32(bytes, at, ROUTER_ADVERTISEMENT << 24);
        // Restricted, the guest has neighbours and no way out.
        Wire.put32(bytes, at + 4, 64 << 24 | (link.restricted() ? 0 : ROUTER_SECONDS));
        Wire.put64(bytes, at + 8, 0);
        putMac(at + 16, SOURCE_ADDRESS);
        Wire.put32(bytes, at + 24, MTU << 24 | 1 << 16);
        Wire.put32(bytes, at + 28, link.mtu());
        Wire.put32(bytes, at + 32, PREFIX << 24 | 4 << 16 | PREFIX_BITS << 8 | ON_LINK_AUTONOMOUS);
        Wire.put32(bytes, at + 36, FOREVER);
        Wire.put32(bytes, at + 40, FOREVER);
        Wire.put32(bytes, at + 44, 0);
        put(at + 48, new Address(link.prefix6(), 0));
        int length = 64;
        if (!link.restricted()) {
            Wire.put32(bytes, at + 64, NAME_SERVER << 24 | 3 << 16);
            Wire.put32(bytes, at + 68, FOREVER);
            put(at + 72, link.dns6());
            length = 88;
        }
        send(at, length);
    }

    private static Address address(Packet packet, int at) {
        return new Address(Wire.i64(packet.bytes, at), Wire.i64(packet.bytes, at + 8));
    }

    private void put(int at, Address address) {
        Wire.put64(output.bytes, at, address.high());
        Wire.put64(output.bytes, at + 8, address.low());
    }

    private void putMac(int at, int kind) {
        output.bytes[at] = (byte) kind;
        output.bytes[at + 1] = 1;
        Wire.putMac(output.bytes, at + 2, link.mac());
    }

    private void send(int at, int length) {
        Wire.put16(output.bytes, at + 2, 0);
        Wire.put16(output.bytes, at + 2, output.checksum(length));
        output.send(length);
    }
}
