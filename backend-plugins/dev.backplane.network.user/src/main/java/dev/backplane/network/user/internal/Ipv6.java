package dev.backplane.network.user.internal;

/** Reads headers of IPv6 and the extension headers behind them (RFC 8200 3 and 4). */
final class Ipv6 {
    static final int TYPE = 0x86dd;
    static final int HEADER_BYTES = 40;

    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int DESTINATION = 60;
    private static final int FRAGMENT_BYTES = 8;
    /** Each kind at most once, but for destination options. */
    private static final int MOST_EXTENSIONS = 5;

    private final Link link;
    private final Reassembly reassembly;

    Ipv6(Link link, Reassembly reassembly) {
        this.link = link;
        this.reassembly = reassembly;
    }

    /**
     * Checks a header and walks over its extensions.
     *
     * @param packet its {@code bytes}, {@code payload} and {@code end} say where the frame's contents are; filled
     * @return whether it is a whole packet from an address that the guest may have
     */
    boolean read(Packet packet) {
        byte[] bytes = packet.bytes;
        int at = packet.payload;
        if (packet.length() < HEADER_BYTES || Wire.u8(bytes, at) >>> 4 != 6) {
            return false;
        }
        int length = Wire.u16(bytes, at + 4);
        if (length > packet.length() - HEADER_BYTES) {
            return false;
        }
        packet.v6 = true;
        packet.header = at;
        packet.payload = at + HEADER_BYTES;
        packet.end = packet.payload + length;
        packet.protocol = Wire.u8(bytes, at + 6);
        packet.hopLimit = Wire.u8(bytes, at + 7);
        packet.sourceHigh = Wire.i64(bytes, at + 8);
        packet.sourceLow = Wire.i64(bytes, at + 16);
        packet.targetHigh = Wire.i64(bytes, at + 24);
        packet.targetLow = Wire.i64(bytes, at + 32);
        if (packet.hopLimit == 0
                || !isSource(packet)
                || Address.isV4(packet.targetHigh, packet.targetLow)
                || (packet.targetHigh | packet.targetLow) == 0) {
            return false;
        }
        return walk(packet);
    }

    /** An address of the link, or none yet, which only the discovery of neighbours may use (RFC 4861 4). */
    private boolean isSource(Packet packet) {
        boolean unspecified = (packet.sourceHigh | packet.sourceLow) == 0;
        return unspecified
                ? packet.protocol == Packet.ICMPV6
                : !Address.isV4(packet.sourceHigh, packet.sourceLow)
                        && link.isGuests(packet.sourceHigh, packet.sourceLow);
    }

    private boolean walk(Packet packet) {
        byte[] bytes = packet.bytes;
        for (int i = 0; i < MOST_EXTENSIONS; i++) {
            int at = packet.payload;
            switch (packet.protocol) {
                case HOP_BY_HOP, DESTINATION, ROUTING -> {
                    if (packet.length() < 8
                            || packet.protocol == HOP_BY_HOP && i > 0
                            || packet.protocol == ROUTING && Wire.u8(bytes, at + 3) != 0) {
                        return false;
                    }
                    int header = 8 * (Wire.u8(bytes, at + 1) + 1);
                    if (header > packet.length()) {
                        return false;
                    }
                    packet.protocol = Wire.u8(bytes, at);
                    packet.payload += header;
                }
                case FRAGMENT -> {
                    if (packet.length() < FRAGMENT_BYTES) {
                        return false;
                    }
                    packet.protocol = Wire.u8(bytes, at);
                    packet.payload += FRAGMENT_BYTES;
                    int fragment = Wire.u16(bytes, at + 2);
                    boolean more = (fragment & 1) != 0;
                    // A fragment that is all of it is a packet like any other (RFC 6946).
                    if (more || fragment >>> 3 != 0) {
                        return reassembly.add(packet, Wire.i32(bytes, at + 4), fragment & ~7, more)
                                && isTransport(packet.protocol);
                    }
                }
                default -> {
                    return isTransport(packet.protocol);
                }
            }
        }
        return false;
    }

    /** Extension headers inside of a reassembled packet are not followed: nobody sends them. */
    private static boolean isTransport(int protocol) {
        return protocol == Packet.TCP || protocol == Packet.UDP || protocol == Packet.ICMPV6;
    }
}
