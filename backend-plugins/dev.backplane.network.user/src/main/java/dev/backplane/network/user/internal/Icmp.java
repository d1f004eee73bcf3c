package dev.backplane.network.user.internal;

import java.util.Arrays;

/**
 * Echo of both families (RFC 792, RFC 4443 4). We answer for our own addresses. Other hosts are asked by way of the host, which
 * only tells whether they are there: see {@link Pinger}.
 */
final class Icmp {
    private static final int HEADER_BYTES = 8;
    private static final int ECHO4 = 8;
    private static final int ECHO_REPLY4 = 0;
    private static final int ECHO6 = 128;
    private static final int ECHO_REPLY6 = 129;

    /** What is kept while another host is asked. */
    private static final int MOST_KEPT_BYTES = 2048;

    private final Link link;
    private final Output output;
    private final IcmpErrors errors;
    private final Outside outside;
    private final Pinger pinger;

    Icmp(Link link, Output output, IcmpErrors errors, Outside outside, Pinger pinger) {
        this.link = link;
        this.output = output;
        this.errors = errors;
        this.outside = outside;
        this.pinger = pinger;
    }

    /** Takes a sound packet that is for us or for somebody outside. */
    void receive(Packet packet) {
        if (packet.length() < HEADER_BYTES
                || Wire.u8(packet.bytes, packet.payload) != (packet.v6 ? ECHO6 : ECHO4)
                || Wire.u8(packet.bytes, packet.payload + 1) != 0) {
            return;
        }
        Address guest = packet.source();
        Address peer = packet.target();
        if (link.isOurs(peer.high(), peer.low())) {
            reply(packet.mac, guest, peer, packet.bytes, packet.payload, packet.length());
        } else if (outside.find(peer, 1) == null) {
            errors.unreachable(packet, IcmpErrors.Reason.PROHIBITED);
        } else if (packet.length() <= MOST_KEPT_BYTES) {
            byte[] request = Arrays.copyOfRange(packet.bytes, packet.payload, packet.end);
            pinger.ask(new Pinger.Question(packet.mac, guest, peer, request));
        }
    }

    /** Answers what other hosts have answered meanwhile. */
    void answer() {
        Pinger.Question question = pinger.answered();
        while (question != null) {
            byte[] request = question.request();
            reply(question.mac(), question.guest(), question.peer(), request, 0, request.length);
            question = pinger.answered();
        }
    }

    private void reply(long mac, Address guest, Address peer, byte[] request, int from, int length) {
        boolean v6 = !guest.isV4();
        int at = output.begin(mac, peer, guest, v6 ? Packet.ICMPV6 : Packet.ICMP);
        byte[] bytes = output.bytes;
        System.arraycopy(request, from, bytes, at, length);
        Wire.put32(bytes, at, (v6 ? ECHO_REPLY6 : ECHO_REPLY4) << 24);
        int checksum = v6 ? output.checksum(length) : Checksum.fold(Checksum.add(0, bytes, at, length));
        Wire.put16(bytes, at + 2, checksum);
        output.send(length);
    }
}
