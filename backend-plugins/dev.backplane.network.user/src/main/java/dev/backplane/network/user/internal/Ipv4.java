package dev.backplane.network.user.internal;

/** Reads headers of IPv4 (RFC 791 3.1). */
final class Ipv4 {
    static final int TYPE = 0x0800;
    static final int HEADER_BYTES = 20;
    static final int MORE_FRAGMENTS = 0x2000;
    static final int DO_NOT_FRAGMENT = 0x4000;
    private static final int OFFSET = 0x1fff;

    private final Link link;
    private final Reassembly reassembly;

    Ipv4(Link link, Reassembly reassembly) {
        this.link = link;
        this.reassembly = reassembly;
    }

    /**
     * Checks a header.
     *
     * @param packet its {@code bytes}, {@code payload} and {@code end} say where the frame's contents are; filled
     * @return whether it is a whole packet from an address that the guest may have
     */
    boolean read(Packet packet) {
        byte[] bytes = packet.bytes;
        int at = packet.payload;
        if (packet.length() < HEADER_BYTES || Wire.u8(bytes, at) >>> 4 != 4) {
            return false;
        }
        int header = 4 * (Wire.u8(bytes, at) & 15);
        int total = Wire.u16(bytes, at + 2);
        if (header < HEADER_BYTES || total < header || total > packet.length()) {
            return false;
        }
        if (Checksum.fold(Checksum.add(0, bytes, at, header)) != 0) {
            return false;
        }
        packet.v6 = false;
        packet.header = at;
        packet.payload = at + header;
        packet.end = at + total;
        packet.hopLimit = Wire.u8(bytes, at + 8);
        packet.protocol = Wire.u8(bytes, at + 9);
        packet.sourceHigh = 0;
        packet.sourceLow = Address.MAPPED | Wire.u32(bytes, at + 12);
        packet.targetHigh = 0;
        packet.targetLow = Address.MAPPED | Wire.u32(bytes, at + 16);
        if (packet.hopLimit == 0 || !isSource(packet)) {
            return false;
        }
        int fragment = Wire.u16(bytes, at + 6);
        if ((fragment & (MORE_FRAGMENTS | OFFSET)) == 0) {
            return true;
        }
        int id = Wire.u16(bytes, at + 4);
        return reassembly.add(packet, id, 8 * (fragment & OFFSET), (fragment & MORE_FRAGMENTS) != 0);
    }

    /** An address of the link, or none yet, which only DHCP may use. */
    private boolean isSource(Packet packet) {
        return link.isGuests(packet.sourceHigh, packet.sourceLow)
                || packet.isFrom(Address.UNSPECIFIED4) && packet.protocol == Packet.UDP;
    }
}
