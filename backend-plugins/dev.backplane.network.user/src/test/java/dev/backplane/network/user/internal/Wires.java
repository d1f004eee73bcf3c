package dev.backplane.network.user.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;

/** Packets by hand, made and looked at without any of the code under test. */
final class Wires {
    static final byte[] GUEST_MAC = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
    static final byte[] GATEWAY_MAC = {0x52, 0x55, 10, 0, 2, 2};
    static final byte[] BROADCAST_MAC = {-1, -1, -1, -1, -1, -1};

    static final byte[] GUEST = ip("10.0.2.15");
    static final byte[] GATEWAY = ip("10.0.2.2");
    static final byte[] DNS = ip("10.0.2.3");
    static final byte[] GUEST6 = ip("fec0::5054:ff:fe12:3456");
    static final byte[] GUEST_LOCAL = ip("fe80::5054:ff:fe12:3456");
    static final byte[] GATEWAY6 = ip("fec0::2");

    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;
    static final int PSH = 8;
    static final int ACK = 16;

    private Wires() {}

    static byte[] ip(String text) {
        return InetAddress.ofLiteral(text).getAddress();
    }

    static byte[] text(String text) {
        return text.getBytes(US_ASCII);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    static byte[] ethernet(byte[] to, byte[] from, int type, byte[] contents) {
        return join(to, from, u16(type), contents);
    }

    /** A frame of the guest to the router. */
    static byte[] frame(byte[] packet) {
        return ethernet(GATEWAY_MAC, GUEST_MAC, packet[0] >>> 4 == 4 ? 0x0800 : 0x86dd, packet);
    }

    static byte[] u16(int value) {
        return new byte[] {(byte) (value >>> 8), (byte) value};
    }

    static byte[] u32(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    static byte[] ipv4(byte[] source, byte[] target, int protocol, byte[] payload) {
        return ipv4(source, target, protocol, payload, 0, 0);
    }

    static byte[] ipv4(byte[] source, byte[] target, int protocol, byte[] payload, int id, int fragment) {
        byte[] header = join(
                u16(0x4500),
                u16(20 + payload.length),
                u16(id),
                u16(fragment),
                new byte[] {64, (byte) protocol},
                u16(0),
                source,
                target);
        fix4(header);
        return join(header, payload);
    }

    /** Makes the header's checksum right again. */
    static byte[] fix4(byte[] packet) {
        int header = (packet[0] & 15) * 4;
        packet[10] = 0;
        packet[11] = 0;
        byte[] copy = new byte[Math.min(header, packet.length)];
        System.arraycopy(packet, 0, copy, 0, copy.length);
        int sum = checksum(copy);
        packet[10] = (byte) (sum >>> 8);
        packet[11] = (byte) sum;
        return packet;
    }

    static byte[] ipv6(byte[] source, byte[] target, int next, byte[] payload, int hops) {
        return join(u32(6 << 28), u16(payload.length), new byte[] {(byte) next, (byte) hops}, source, target, payload);
    }

    static byte[] ip(byte[] source, byte[] target, int protocol, byte[] payload) {
        return source.length == 4
                ? ipv4(source, target, protocol, payload)
                : ipv6(source, target, protocol, payload, 64);
    }

    static byte[] udp(byte[] source, byte[] target, int from, int to, byte[] data) {
        byte[] datagram = join(u16(from), u16(to), u16(8 + data.length), u16(0), data);
        return ip(source, target, 17, sealed(source, target, 17, datagram, 6));
    }

    static byte[] tcp(
            byte[] source, byte[] target, int from, int to, int seq, int ack, int flags, int window, byte[] data) {
        boolean syn = (flags & SYN) != 0;
        byte[] options = syn ? new byte[] {2, 4, 5, (byte) 0xb4} : new byte[0];
        byte[] segment = join(
                u16(from),
                u16(to),
                u32(seq),
                u32(ack),
                u16((5 + options.length / 4) << 12 | flags),
                u16(window),
                u32(0),
                options,
                data);
        return ip(source, target, 6, sealed(source, target, 6, segment, 16));
    }

    static byte[] icmp(byte[] source, byte[] target, int type, int code, byte[] rest) {
        byte[] message = join(new byte[] {(byte) type, (byte) code, 0, 0}, rest);
        return source.length == 4
                ? ipv4(source, target, 1, sealed(new byte[0], new byte[0], -1, message, 2))
                : ipv6(source, target, 58, sealed(source, target, 58, message, 2), 255);
    }

    /** With its checksum in place. */
    static byte[] sealed(byte[] source, byte[] target, int protocol, byte[] message, int at) {
        byte[] pseudo = protocol < 0 ? new byte[0] : join(source, target, u32(protocol), u32(message.length));
        int sum = checksum(join(pseudo, message));
        message[at] = (byte) (sum >>> 8);
        message[at + 1] = (byte) sum;
        return message;
    }

    /** RFC 1071, word by word. */
    static int checksum(byte[] bytes) {
        long sum = 0;
        for (int i = 0; i < bytes.length; i += 2) {
            sum += (bytes[i] & 0xff) << 8 | (i + 1 < bytes.length ? bytes[i + 1] & 0xff : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return (int) ~sum & 0xffff;
    }
}
