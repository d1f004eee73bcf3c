package dev.backplane.network.user.internal;

/** Tells the guest that something could not be delivered (RFC 792, RFC 4443 3). */
final class IcmpErrors {
    static final int HEADER_BYTES = 8;
    private static final int UNREACHABLE4 = 3;
    private static final int UNREACHABLE6 = 1;
    private static final int TIME_EXCEEDED4 = 11;
    private static final int TIME_EXCEEDED6 = 3;
    /** Ports and a sequence number: enough to know whom it is for. */
    private static final int QUOTED_BYTES = 8;

    private final Link link;
    private final Output output;

    /** Why something is unreachable, with the codes of both families. */
    enum Reason {
        HOST(1, 3),
        PORT(3, 4),
        PROHIBITED(13, 1);

        private final int code4;
        private final int code6;

        Reason(int code4, int code6) {
            this.code4 = code4;
            this.code6 = code6;
        }
    }

    IcmpErrors(Link link, Output output) {
        this.link = link;
        this.output = output;
    }

    /** The packet cannot go where it was to go. */
    void unreachable(Packet packet, Reason reason) {
        send(packet, packet.v6 ? UNREACHABLE6 : UNREACHABLE4, packet.v6 ? reason.code6 : reason.code4);
    }

    /** The packet has no hop left. */
    void timeExceeded(Packet packet) {
        send(packet, packet.v6 ? TIME_EXCEEDED6 : TIME_EXCEEDED4, 0);
    }

    /** The packets of a flow of the guest do not arrive. */
    void unreachable(Flow flow, int protocol, int sequence, Reason reason) {
        boolean v6 = !flow.guest.isV4();
        int at = begin(flow.mac, flow.peer, flow.guest);
        byte[] bytes = output.bytes;
        int quoted = at + HEADER_BYTES;
        int transport = quoted + (v6 ? Ipv6.HEADER_BYTES : Ipv4.HEADER_BYTES);
        bytes[at] = (byte) (v6 ? UNREACHABLE6 : UNREACHABLE4);
        bytes[at + 1] = (byte) (v6 ? reason.code6 : reason.code4);
        quote(flow, protocol, quoted);
        Wire.put16(bytes, transport, flow.guestPort);
        Wire.put16(bytes, transport + 2, flow.peerPort);
        Wire.put32(bytes, transport + 4, sequence);
        send(v6, at, transport + QUOTED_BYTES - at);
    }

    /** The header of a packet that the guest might have sent. */
    private void quote(Flow flow, int protocol, int at) {
        byte[] bytes = output.bytes;
        if (flow.guest.isV4()) {
            Wire.put16(bytes, at, 0x4500);
            Wire.put16(bytes, at + 2, Ipv4.HEADER_BYTES + QUOTED_BYTES);
            Wire.put32(bytes, at + 4, Ipv4.DO_NOT_FRAGMENT);
            Wire.put32(bytes, at + 8, 64 << 24 | protocol << 16);
            Wire.put32(bytes, at + 12, flow.guest.v4());
            Wire.put32(bytes, at + 16, flow.peer.v4());
            Wire.put16(bytes, at + 10, Checksum.fold(Checksum.add(0, bytes, at, Ipv4.HEADER_BYTES)));
        } else {
            Wire.put32(bytes, at, 6 << 28);
            Wire.put32(bytes, at + 4, QUOTED_BYTES << 16 | protocol << 8 | 64);
            Wire.put64(bytes, at + 8, flow.guest.high());
            Wire.put64(bytes, at + 16, flow.guest.low());
            Wire.put64(bytes, at + 24, flow.peer.high());
            Wire.put64(bytes, at + 32, flow.peer.low());
        }
    }

    private void send(Packet packet, int type, int code) {
        Address source = packet.source();
        // No answer to what came as fragments, or from nobody in particular (RFC 1122 3.2.2).
        if (packet.header < 0 || !link.isGuests(source.high(), source.low())) {
            return;
        }
        int at = begin(packet.mac, link.gateway(source), source);
        byte[] bytes = output.bytes;
        bytes[at] = (byte) type;
        bytes[at + 1] = (byte) code;
        int quoted = Math.min(packet.payload + QUOTED_BYTES, packet.end) - packet.header;
        // Extension headers may be long; the least packet of IPv6 is not exceeded (RFC 4443 2.4).
        quoted = Math.min(quoted, 512);
        System.arraycopy(packet.bytes, packet.header, bytes, at + HEADER_BYTES, quoted);
        send(packet.v6, at, HEADER_BYTES + quoted);
    }

    private int begin(long mac, Address source, Address target) {
        int at = output.begin(mac, source, target, source.isV4() ? Packet.ICMP : Packet.ICMPV6);
        Wire.put64(output.bytes, at, 0);
        return at;
    }

    private void send(boolean v6, int at, int length) {
        int checksum = v6 ? output.checksum(length) : Checksum.fold(Checksum.add(0, output.bytes, at, length));
        Wire.put16(output.bytes, at + 2, checksum);
        output.send(length);
    }
}
