package dev.backplane.network.user.internal;

/** The address resolution protocol (RFC 826) for our addresses, and questions for the guest's. */
final class Arp {
    static final int TYPE = 0x0806;
    private static final int BYTES = 28;
    private static final int ETHERNET = 1;
    private static final int LENGTHS = 0x0604;
    private static final int REQUEST = 1;
    private static final int REPLY = 2;

    private final Link link;
    private final Output output;
    private final Neighbours neighbours;

    Arp(Link link, Output output, Neighbours neighbours) {
        this.link = link;
        this.output = output;
        this.neighbours = neighbours;
    }

    /** Takes a packet of the guest, which is checked here. */
    void receive(Packet packet) {
        byte[] bytes = packet.bytes;
        int at = packet.payload;
        if (packet.length() < BYTES
                || Wire.u16(bytes, at) != ETHERNET
                || Wire.u16(bytes, at + 2) != Ipv4.TYPE
                || Wire.u16(bytes, at + 4) != LENGTHS) {
            return;
        }
        long mac = Wire.mac(bytes, at + 8);
        Address sender = Address.v4(Wire.i32(bytes, at + 14));
        // It speaks of itself: anything else is a lie or no guest of ours. A probe has no address yet (RFC 5227 2.1.1).
        if (mac != packet.mac) {
            return;
        }
        if (link.isGuests(sender.high(), sender.low())) {
            neighbours.learn(sender, mac);
        } else if (!sender.equals(Address.UNSPECIFIED4)) {
            return;
        }
        Address target = Address.v4(Wire.i32(bytes, at + 24));
        if (Wire.u16(bytes, at + 6) == REQUEST && (target.equals(link.gateway4()) || target.equals(link.dns4()))) {
            send(mac, REPLY, target, mac, sender);
        }
    }

    /** Asks who has an address. */
    void ask(Address target) {
        send(Link.BROADCAST_MAC, REQUEST, link.gateway4(), 0, target);
    }

    private void send(long to, int operation, Address sender, long targetMac, Address target) {
        int at = output.begin(to, TYPE);
        byte[] bytes = output.bytes;
        Wire.put16(bytes, at, ETHERNET);
        Wire.put16(bytes, at + 2, Ipv4.TYPE);
        Wire.put16(bytes, at + 4, LENGTHS);
        Wire.put16(bytes, at + 6, operation);
        Wire.putMac(bytes, at + 8, link.mac());
        Wire.put32(bytes, at + 14, sender.v4());
        Wire.putMac(bytes, at + 18, targetMac);
        Wire.put32(bytes, at + 24, target.v4());
        output.sendFrame(BYTES);
    }
}
