package dev.backplane.network.user.internal;

/** Gives packets of either family to the protocol that they carry, if they may go where they want to. */
final class Internet {
    private final Link link;
    private final Dhcp dhcp;
    private final NeighbourDiscovery discovery;
    private final Icmp icmp;
    private final IcmpErrors errors;
    private final Udp udp;
    private final Tcp tcp;

    Internet(Link link, Dhcp dhcp, NeighbourDiscovery discovery, Icmp icmp, IcmpErrors errors, Udp udp, Tcp tcp) {
        this.link = link;
        this.dhcp = dhcp;
        this.discovery = discovery;
        this.icmp = icmp;
        this.errors = errors;
        this.udp = udp;
        this.tcp = tcp;
    }

    /** Takes a whole packet whose header has been checked. */
    void receive(Packet packet) {
        boolean known = packet.v6 ? (packet.sourceHigh | packet.sourceLow) != 0 : !packet.isFrom(Address.UNSPECIFIED4);
        boolean single = known && isSingle(packet);
        switch (packet.protocol) {
            case Packet.UDP -> {
                if (Udp.isSound(packet)) {
                    receiveDatagram(packet, single);
                }
            }
            case Packet.TCP -> {
                if (single && mayPass(packet)) {
                    tcp.receive(packet);
                }
            }
            case Packet.ICMP -> {
                if (!packet.v6 && single && packet.isSound() && mayPass(packet)) {
                    icmp.receive(packet);
                }
            }
            case Packet.ICMPV6 -> {
                if (packet.v6 && packet.isSound() && !discovery.receive(packet) && single && mayPass(packet)) {
                    icmp.receive(packet);
                }
            }
            default -> {
                // Nothing else leaves by way of sockets.
            }
        }
    }

    private void receiveDatagram(Packet packet, boolean single) {
        boolean toServer = !packet.v6
                && Wire.u16(packet.bytes, packet.payload + 2) == Dhcp.SERVER_PORT
                && (isBroadcast(packet) || packet.isTo(link.gateway4()));
        if (toServer) {
            dhcp.receive(packet);
        } else if (single && mayPass(packet)) {
            udp.receive(packet);
        }
    }

    /** For one host; nothing that is for many leaves the link. */
    private boolean isSingle(Packet packet) {
        return packet.v6
                ? packet.targetHigh >>> 56 != 0xff
                : !isBroadcast(packet) && (int) packet.targetLow >>> 28 < 14;
    }

    private boolean isBroadcast(Packet packet) {
        return packet.isTo(Address.BROADCAST) || (int) packet.targetLow == link.broadcast4();
    }

    /** To us, or from an address that is known outside of the link and with a hop left for the way. */
    private boolean mayPass(Packet packet) {
        if (link.isOurs(packet.targetHigh, packet.targetLow)) {
            return true;
        }
        if (packet.v6 && Link.isLinkLocal(packet.sourceHigh)) {
            return false;
        }
        if (packet.hopLimit == 1) {
            errors.timeExceeded(packet);
            return false;
        }
        return true;
    }
}
