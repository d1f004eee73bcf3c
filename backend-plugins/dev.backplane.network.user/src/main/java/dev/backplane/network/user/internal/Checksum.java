package dev.backplane.network.user.internal;

/** The internet checksum (RFC 1071). A sum is kept unfolded in a long; packets are too short for it to overflow. */
final class Checksum {
    private Checksum() {}

    /** Adds the 16-bit words of a range, the last one padded with zero. */
    static long add(long sum, byte[] bytes, int from, int length) {
        long total = sum;
        int at = from;
        int end = from + length;
        for (; at + 8 <= end; at += 8) {
            long eight = Wire.i64(bytes, at);
            total += (eight >>> 32) + (eight & 0xffff_ffffL);
        }
        for (; at + 2 <= end; at += 2) {
            total += Wire.u16(bytes, at);
        }
        return at < end ? total + (Wire.u8(bytes, at) << 8) : total;
    }

    /** The pseudo-header of UDP, TCP (RFC 9293 3.1) and ICMPv6 (RFC 8200 8.1). */
    static long pseudo(Address source, Address target, int protocol, int length) {
        return words(source) + words(target) + protocol + length;
    }

    /** Both halves of an address; the words that only IPv6 has are zero in IPv4, but for the prefix of ones. */
    private static long words(Address address) {
        return address.isV4() ? address.v4() & 0xffff_ffffL : half(address.high()) + half(address.low());
    }

    /** The same for the addresses of a packet, which are not yet known to be of one family or the other. */
    static long pseudo(Packet packet) {
        long sum = packet.protocol + packet.length();
        if (packet.v6) {
            return sum
                    + half(packet.sourceHigh)
                    + half(packet.sourceLow)
                    + half(packet.targetHigh)
                    + half(packet.targetLow);
        }
        return sum + (packet.sourceLow & 0xffff_ffffL) + (packet.targetLow & 0xffff_ffffL);
    }

    private static long half(long value) {
        return (value >>> 32) + (value & 0xffff_ffffL);
    }

    /** What goes into the checksum field; zero when a received sum is right. */
    static int fold(long sum) {
        long folded = (sum >>> 32) + (sum & 0xffff_ffffL);
        folded = (folded >>> 16) + (folded & 0xffff);
        folded = (folded >>> 16) + (folded & 0xffff);
        folded = (folded >>> 16) + (folded & 0xffff);
        return (int) ~folded & 0xffff;
    }
}
