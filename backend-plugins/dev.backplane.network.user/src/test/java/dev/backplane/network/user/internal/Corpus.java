package dev.backplane.network.user.internal;

import static dev.backplane.network.user.internal.Wires.BROADCAST_MAC;
import static dev.backplane.network.user.internal.Wires.GATEWAY;
import static dev.backplane.network.user.internal.Wires.GATEWAY6;
import static dev.backplane.network.user.internal.Wires.GUEST;
import static dev.backplane.network.user.internal.Wires.GUEST6;
import static dev.backplane.network.user.internal.Wires.GUEST_LOCAL;
import static dev.backplane.network.user.internal.Wires.GUEST_MAC;
import static dev.backplane.network.user.internal.Wires.ethernet;
import static dev.backplane.network.user.internal.Wires.frame;
import static dev.backplane.network.user.internal.Wires.icmp;
import static dev.backplane.network.user.internal.Wires.ip;
import static dev.backplane.network.user.internal.Wires.ipv4;
import static dev.backplane.network.user.internal.Wires.ipv6;
import static dev.backplane.network.user.internal.Wires.join;
import static dev.backplane.network.user.internal.Wires.text;
import static dev.backplane.network.user.internal.Wires.u16;
import static dev.backplane.network.user.internal.Wires.u32;

/** Sound frames of each kind, to begin with. */
final class Corpus {
    private Corpus() {}

    static byte[][] frames() {
        byte[] arp = join(u16(1), u16(0x0800), u16(0x0604), u16(1), GUEST_MAC, GUEST, new byte[6], GATEWAY);
        byte[] discover = join(
                new byte[] {1, 1, 6, 0}, u32(1), new byte[20], GUEST_MAC, new byte[202], u32(0x63825363), new byte[] {
                    53, 1, 1, 55, 3, 1, 3, 6, 12, 2, 'v', 'm', -1
                });
        byte[] solicitation = join(u32(0), GATEWAY6, new byte[] {1, 1}, GUEST_MAC);
        byte[] echo = join(new byte[] {(byte) 128, 0, 0, 0}, u32(1));
        byte[] sealed = Wires.sealed(GUEST6, GATEWAY6, 58, echo, 2);
        return new byte[][] {
            ethernet(BROADCAST_MAC, GUEST_MAC, 0x0806, arp),
            frame(icmp(GUEST, GATEWAY, 8, 0, u32(1))),
            frame(icmp(GUEST, ip("192.0.2.1"), 8, 0, u32(1))),
            frame(ipv4(GUEST, GATEWAY, 1, new byte[64], 7, 0x2000)),
            frame(ipv4(GUEST, GATEWAY, 1, new byte[64], 7, 8)),
            ethernet(BROADCAST_MAC, GUEST_MAC, 0x0800, Wires.udp(new byte[4], ip("255.255.255.255"), 68, 67, discover)),
            frame(Wires.udp(GUEST, ip("10.0.2.3"), 4000, 53, text("query"))),
            frame(Wires.tcp(GUEST, GATEWAY, 4000, 80, 1, 0, Wires.SYN, 1000, new byte[0])),
            frame(icmp(GUEST6, GATEWAY6, 128, 0, u32(1))),
            frame(icmp(GUEST_LOCAL, ip("ff02::1:ff00:2"), 135, 0, solicitation)),
            frame(icmp(GUEST_LOCAL, ip("ff02::2"), 133, 0, u32(0))),
            frame(icmp(GUEST6, GATEWAY6, 136, 0, solicitation)),
            frame(ipv6(GUEST6, GATEWAY6, 0, join(new byte[] {58, 0, 1, 4, 0, 0, 0, 0}, sealed), 64)),
            frame(ipv6(GUEST6, GATEWAY6, 44, join(new byte[] {58, 0, 0, 1, 0, 0, 0, 9}, new byte[64]), 64)),
            frame(Wires.udp(GUEST6, ip("fec0::3"), 4000, 53, text("query"))),
            frame(Wires.tcp(GUEST6, GATEWAY6, 4000, 80, 1, 0, Wires.SYN, 1000, new byte[0])),
        };
    }
}
