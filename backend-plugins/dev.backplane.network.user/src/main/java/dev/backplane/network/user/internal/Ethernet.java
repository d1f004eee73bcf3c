package dev.backplane.network.user.internal;

import dev.backplane.api.network.Frame;

/** Reads frames (IEEE 802.3 3, with types) and gives what they carry to whom it is for. */
final class Ethernet {
    private final Link link;
    private final Arp arp;
    private final Ipv4 ipv4;
    private final Ipv6 ipv6;
    private final Internet internet;
    private final Packet packet = new Packet();

    Ethernet(Link link, Arp arp, Ipv4 ipv4, Ipv6 ipv6, Internet internet) {
        this.link = link;
        this.arp = arp;
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        this.internet = internet;
    }

    /**
     * Takes a frame of the guest.
     *
     * @param bytes holds it, from index 0 on
     * @param length its length
     * @param checksumGood whether the transport's checksum has not to be verified
     */
    void receive(byte[] bytes, int length, boolean checksumGood) {
        if (length < Frame.HEADER_BYTES) {
            return;
        }
        long to = Wire.mac(bytes, 0);
        long from = Wire.mac(bytes, 6);
        if (to != link.mac() && !Link.isMulticast(to) || !Link.isUnicast(from) || from == link.mac()) {
            return;
        }
        packet.bytes = bytes;
        packet.mac = from;
        packet.payload = Frame.HEADER_BYTES;
        packet.end = length;
        packet.checksumGood = checksumGood;
        switch (Wire.u16(bytes, 12)) {
            case Arp.TYPE -> {
                if (link.hasV4()) {
                    arp.receive(packet);
                }
            }
            case Ipv4.TYPE -> {
                if (link.hasV4() && ipv4.read(packet)) {
                    internet.receive(packet);
                }
            }
            case Ipv6.TYPE -> {
                if (link.hasV6() && ipv6.read(packet)) {
                    internet.receive(packet);
                }
            }
            default -> {
                // Not spoken here.
            }
        }
    }
}
