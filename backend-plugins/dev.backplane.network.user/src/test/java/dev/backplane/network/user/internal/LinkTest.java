package dev.backplane.network.user.internal;

import static dev.backplane.network.user.internal.Wires.BROADCAST_MAC;
import static dev.backplane.network.user.internal.Wires.DNS;
import static dev.backplane.network.user.internal.Wires.GATEWAY;
import static dev.backplane.network.user.internal.Wires.GATEWAY6;
import static dev.backplane.network.user.internal.Wires.GATEWAY_MAC;
import static dev.backplane.network.user.internal.Wires.GUEST;
import static dev.backplane.network.user.internal.Wires.GUEST6;
import static dev.backplane.network.user.internal.Wires.GUEST_LOCAL;
import static dev.backplane.network.user.internal.Wires.GUEST_MAC;
import static dev.backplane.network.user.internal.Wires.ethernet;
import static dev.backplane.network.user.internal.Wires.fix4;
import static dev.backplane.network.user.internal.Wires.frame;
import static dev.backplane.network.user.internal.Wires.icmp;
import static dev.backplane.network.user.internal.Wires.ip;
import static dev.backplane.network.user.internal.Wires.ipv4;
import static dev.backplane.network.user.internal.Wires.ipv6;
import static dev.backplane.network.user.internal.Wires.join;
import static dev.backplane.network.user.internal.Wires.sealed;
import static dev.backplane.network.user.internal.Wires.text;
import static dev.backplane.network.user.internal.Wires.u16;
import static dev.backplane.network.user.internal.Wires.u32;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The link itself: addresses are found, routers told of, echoes answered, and headers that lie come to nothing. */
class LinkTest {
    private static final byte[] NOBODY = new byte[6];
    private static final byte[] PING = join(u16(0x1234), u16(7), text("abcdefg"));

    private final Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private static byte[] arp(int operation, byte[] mac, byte[] sender, byte[] target) {
        return join(u16(1), u16(0x0800), u16(0x0604), u16(operation), mac, sender, NOBODY, target);
    }

    private static byte[] arpFrame(byte[] contents) {
        return ethernet(BROADCAST_MAC, GUEST_MAC, 0x0806, contents);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.2.2", "10.0.2.3"})
    void ourAddressesAreFound(String address) {
        rig.give(arpFrame(arp(1, GUEST_MAC, GUEST, ip(address))));
        byte[] reply = rig.only().frame();
        assertArrayEquals(GUEST_MAC, Arrays.copyOf(reply, 6));
        assertArrayEquals(
                join(u16(1), u16(0x0800), u16(0x0604), u16(2), GATEWAY_MAC, ip(address), GUEST_MAC, GUEST),
                Arrays.copyOfRange(reply, 14, 42));
    }

    @Test
    void aProbeForOurAddressIsAnswered() {
        rig.give(arpFrame(arp(1, GUEST_MAC, ip("0.0.0.0"), GATEWAY)));
        assertEquals(0x0806, rig.only().type());
    }

    @Test
    void questionsThatAreNoneOrNotOursAreNotAnswered() {
        byte[] good = arp(1, GUEST_MAC, GUEST, GATEWAY);
        rig.give(arpFrame(arp(1, GUEST_MAC, GUEST, ip("10.0.2.77"))));
        rig.give(arpFrame(arp(2, GUEST_MAC, GUEST, GATEWAY)));
        rig.give(arpFrame(arp(1, GUEST_MAC, ip("192.168.0.1"), GATEWAY)));
        rig.give(arpFrame(arp(1, new byte[] {2, 0, 0, 0, 0, 9}, GUEST, GATEWAY)));
        rig.give(arpFrame(Arrays.copyOf(good, 27)));
        for (int at : new int[] {0, 2, 4, 5}) {
            byte[] bad = good.clone();
            bad[at] ^= 1;
            rig.give(arpFrame(bad));
        }
        rig.nothing();
    }

    @Test
    void echoesAreAnsweredForTheRouterAndTheNameServerInBothFamilies() {
        for (byte[] target : new byte[][] {GATEWAY, DNS}) {
            rig.give(frame(icmp(GUEST, target, 8, 0, PING)));
            Seen reply = rig.only();
            assertEquals("10.0.2.15", reply.target());
            assertEquals(0, reply.u16(0));
            assertArrayEquals(PING, Arrays.copyOfRange(reply.payload(), 4, 4 + PING.length));
        }
        for (String target : new String[] {"fec0::2", "fec0::3", "fe80::2"}) {
            byte[] from = target.startsWith("fe8") ? GUEST_LOCAL : GUEST6;
            rig.give(frame(icmp(from, ip(target), 128, 0, PING)));
            Seen reply = rig.only();
            assertEquals(129 << 8, reply.u16(0));
            assertArrayEquals(PING, Arrays.copyOfRange(reply.payload(), 4, 4 + PING.length));
        }
    }

    @Test
    void anotherHostsEchoIsAnsweredWhereThatHostIsThere() throws Exception {
        byte[] host = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(each -> each instanceof Inet4Address)
                .filter(each -> !each.isLoopbackAddress() && !each.isLinkLocalAddress())
                .findFirst()
                .map(InetAddress::getAddress)
                .orElse(null);
        assumeTrue(host != null, "this host has no address beside its loopback");
        rig.give(frame(icmp(GUEST, host, 8, 0, PING)));
        Seen reply = rig.await();
        assertEquals(0, reply.u16(0));
        assertEquals(InetAddress.getByAddress(host).getHostAddress(), reply.source());
        assertArrayEquals(PING, Arrays.copyOfRange(reply.payload(), 4, 4 + PING.length));
    }

    @Test
    void anEchoThatIsLongerThanAPacketComesBackInFragments() {
        byte[] data = new byte[4000];
        Arrays.fill(data, (byte) 'x');
        byte[] whole = sealed(new byte[0], new byte[0], -1, join(new byte[] {8, 0, 0, 0}, u32(0x12340007), data), 2);
        for (int at = 0; at < whole.length; at += 1480) {
            byte[] part = Arrays.copyOfRange(whole, at, Math.min(whole.length, at + 1480));
            int more = at + part.length < whole.length ? 0x2000 : 0;
            rig.give(frame(ipv4(GUEST, GATEWAY, 1, part, 99, more | at / 8)));
        }
        assertEquals(3, rig.seen.size());
        byte[] reply = new byte[whole.length];
        for (Seen each : rig.seen) {
            int fragment = (each.frame()[20] & 0x1f) << 8 | each.frame()[21] & 0xff;
            System.arraycopy(each.payload(), 0, reply, 8 * fragment, each.payload().length);
        }
        assertEquals(0, Wires.checksum(reply));
        assertArrayEquals(data, Arrays.copyOfRange(reply, 8, reply.length));
    }

    @Test
    void fragmentsThatOverlapRunOutOfRangeOrComeTooLateAreForgotten() {
        byte[] whole = sealed(new byte[0], new byte[0], -1, join(new byte[] {8, 0, 0, 0}, u32(1), new byte[64]), 2);
        byte[] first = Arrays.copyOf(whole, 40);
        byte[] last = Arrays.copyOfRange(whole, 40, whole.length);
        // One byte before its place.
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, first, 1, 0x2000)));
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, Arrays.copyOfRange(whole, 32, whole.length), 1, 4)));
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, last, 1, 5)));
        // The end before the end of another.
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, last, 2, 0x2000 | 100)));
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, last, 2, 5)));
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, first, 2, 0x2000)));
        // Beyond the longest packet.
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, first, 3, 0x1fff)));
        // Not a multiple of eight.
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, Arrays.copyOf(whole, 39), 4, 0x2000)));
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, last, 4, 5)));
        rig.nothing();
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, first, 5, 0x2000)));
        rig.pass(Duration.ofSeconds(16));
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, last, 5, 5)));
        rig.nothing();
        // In any order.
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, last, 6, 5)));
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, first, 6, 0x2000)));
        assertEquals(0, rig.only().u8(0));
    }

    @Test
    void fragmentsOfManyPacketsMakeUsForgetOthersAndNothingMore() {
        byte[] eight = new byte[8];
        for (int id = 0; id < 10_000; id++) {
            rig.give(frame(ipv4(GUEST, GATEWAY, 17, eight, id, 0x2000)));
        }
        rig.nothing();
        byte[] whole = sealed(new byte[0], new byte[0], -1, join(new byte[] {8, 0, 0, 0}, u32(1), new byte[8]), 2);
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, Arrays.copyOf(whole, 8), 1, 0x2000)));
        rig.give(frame(ipv4(GUEST, GATEWAY, 1, Arrays.copyOfRange(whole, 8, 16), 1, 1)));
        assertEquals(0, rig.only().u8(0));
    }

    @Test
    void fragmentsOfIpv6ArePutTogether() {
        byte[] whole = sealed(
                GUEST6, GATEWAY6, 58, join(new byte[] {(byte) 128, 0, 0, 0}, u32(1), text("0123456789abcdef!")), 2);
        byte[] first = join(new byte[] {58, 0}, u16(1), u32(77), Arrays.copyOf(whole, 16));
        byte[] last = join(new byte[] {58, 0}, u16(16), u32(77), Arrays.copyOfRange(whole, 16, whole.length));
        rig.give(frame(ipv6(GUEST6, GATEWAY6, 44, first, 64)));
        rig.nothing();
        rig.give(frame(ipv6(GUEST6, GATEWAY6, 44, last, 64)));
        assertEquals(129, rig.only().u8(0));
        // One fragment that is all of it (RFC 6946).
        rig.give(frame(ipv6(GUEST6, GATEWAY6, 44, join(new byte[] {58, 0}, u16(0), u32(78), whole), 64)));
        assertEquals(129, rig.only().u8(0));
    }

    @Test
    void extensionHeadersAreWalkedOverAndNoFurtherThanTheyGo() {
        byte[] echo = sealed(GUEST6, GATEWAY6, 58, join(new byte[] {(byte) 128, 0, 0, 0}, u32(1)), 2);
        byte[] pad = {1, 4, 0, 0, 0, 0};
        byte[] toEcho = join(new byte[] {58, 0}, pad);
        rig.give(frame(ipv6(GUEST6, GATEWAY6, 0, join(new byte[] {60, 0}, pad, toEcho, echo), 64)));
        assertEquals(129, rig.only().u8(0));
        // Hop-by-hop anywhere but first.
        rig.give(frame(ipv6(GUEST6, GATEWAY6, 60, join(new byte[] {0, 0}, pad, toEcho, echo), 64)));
        // Longer than the packet.
        rig.give(frame(ipv6(GUEST6, GATEWAY6, 60, join(new byte[] {58, (byte) 255}, pad, echo), 64)));
        // A route with stations left.
        rig.give(frame(ipv6(GUEST6, GATEWAY6, 43, join(new byte[] {58, 0, 0, 1, 0, 0, 0, 0}, echo), 64)));
        // Ever more of them.
        byte[] many = echo;
        for (int i = 0; i < 40; i++) {
            many = join(new byte[] {(byte) (i == 0 ? 58 : 60), 0}, pad, many);
        }
        rig.give(frame(ipv6(GUEST6, GATEWAY6, 60, many, 64)));
        // Cut off in the middle.
        rig.give(frame(ipv6(GUEST6, GATEWAY6, 60, new byte[] {58}, 64)));
        rig.nothing();
    }

    @Test
    void headersThatLieComeToNothing() {
        byte[] echo = icmp(GUEST, GATEWAY, 8, 0, PING);
        int[][] lies = {{0, 0x65}, {0, 0x44}, {0, 0x4f}, {2, 0xff}, {3, 19}, {3, 0xff}, {8, 0}};
        for (int[] lie : lies) {
            byte[] bad = echo.clone();
            bad[lie[0]] = (byte) lie[1];
            rig.give(ethernet(GATEWAY_MAC, GUEST_MAC, 0x0800, fix4(bad)));
        }
        byte[] badSum = echo.clone();
        badSum[10] ^= 1;
        rig.give(frame(badSum));
        byte[] badEcho = echo.clone();
        badEcho[25] ^= 1;
        rig.give(frame(badEcho));
        for (int length = 0; length < echo.length; length++) {
            rig.give(ethernet(GATEWAY_MAC, GUEST_MAC, 0x0800, Arrays.copyOf(echo, length)));
        }
        for (String liar :
                new String[] {"10.0.2.2", "10.0.2.3", "10.0.2.0", "10.0.2.255", "10.0.3.15", "127.0.0.1", "0.0.0.0"}) {
            rig.give(frame(icmp(ip(liar), GATEWAY, 8, 0, PING)));
        }
        rig.nothing();
        // The frame is padded: what counts is the packet's length.
        rig.give(join(frame(echo), new byte[20]));
        assertEquals(echo.length - 20, rig.only().payload().length);
    }

    @Test
    void headersOfIpv6ThatLieComeToNothing() {
        byte[] echo = icmp(GUEST6, GATEWAY6, 128, 0, PING);
        int[][] lies = {{0, 0x45}, {4, 0xff}, {5, 0xff}, {7, 0}, {43, 1}};
        for (int[] lie : lies) {
            byte[] bad = echo.clone();
            bad[lie[0]] = (byte) lie[1];
            rig.give(ethernet(GATEWAY_MAC, GUEST_MAC, 0x86dd, bad));
        }
        for (int length = 0; length < echo.length; length++) {
            rig.give(ethernet(GATEWAY_MAC, GUEST_MAC, 0x86dd, Arrays.copyOf(echo, length)));
        }
        for (String liar : new String[] {"fec0::2", "fe80::2", "::1", "::", "2001:db8::1", "ff02::1"}) {
            rig.give(frame(icmp(ip(liar), GATEWAY6, 128, 0, PING)));
        }
        rig.nothing();
    }

    @Test
    void framesForOthersOrFromNobodyAreLeftAlone() {
        byte[] echo = icmp(GUEST, GATEWAY, 8, 0, PING);
        byte[] other = {0x52, 0x54, 0, 9, 9, 9};
        rig.give(ethernet(other, GUEST_MAC, 0x0800, echo));
        rig.give(ethernet(NOBODY, GUEST_MAC, 0x0800, echo));
        rig.give(ethernet(GATEWAY_MAC, NOBODY, 0x0800, echo));
        rig.give(ethernet(GATEWAY_MAC, BROADCAST_MAC, 0x0800, echo));
        rig.give(ethernet(GATEWAY_MAC, GATEWAY_MAC, 0x0800, echo));
        rig.give(ethernet(GATEWAY_MAC, GUEST_MAC, 0x8100, echo));
        for (int length = 0; length < 14; length++) {
            rig.give(new byte[length]);
        }
        rig.nothing();
    }

    @Test
    void aPacketWithItsLastHopIsAnsweredWithTimeExceeded() {
        byte[] packet = icmp(GUEST, ip("192.0.2.1"), 8, 0, PING);
        packet[8] = 1;
        rig.give(frame(fix4(packet)));
        Seen error = rig.only();
        assertEquals(11 << 8, error.u16(0));
        assertEquals("10.0.2.2", error.source());
        assertArrayEquals(Arrays.copyOf(packet, 28), Arrays.copyOfRange(error.payload(), 8, 36));
    }

    @Test
    void theRouterTellsThePrefixTheMtuAndTheNameServer() {
        rig.give(ethernet(
                new byte[] {0x33, 0x33, 0, 0, 0, 2},
                GUEST_MAC,
                0x86dd,
                icmp(GUEST_LOCAL, ip("ff02::2"), 133, 0, join(u32(0), new byte[] {1, 1}, GUEST_MAC))));
        checkAdvertisement(rig.only());
        rig.pass(Duration.ofMinutes(7));
        rig.nothing();
        rig.pass(Duration.ofMinutes(1));
        checkAdvertisement(rig.only());
    }

    private static void checkAdvertisement(Seen seen) {
        assertEquals("fe80:0:0:0:0:0:0:2", seen.source());
        assertEquals(255, seen.frame()[21] & 0xff);
        assertEquals(134 << 8, seen.u16(0));
        assertEquals(1800, seen.u16(6));
        byte[] body = seen.payload();
        assertArrayEquals(join(new byte[] {1, 1}, GATEWAY_MAC), Arrays.copyOfRange(body, 16, 24));
        assertArrayEquals(join(new byte[] {5, 1, 0, 0}, u32(1500)), Arrays.copyOfRange(body, 24, 32));
        assertArrayEquals(
                join(new byte[] {3, 4, 64, (byte) 0xc0}, u32(-1), u32(-1), u32(0), ip("fec0::")),
                Arrays.copyOfRange(body, 32, 64));
        assertArrayEquals(join(new byte[] {25, 3, 0, 0}, u32(-1), ip("fec0::3")), Arrays.copyOfRange(body, 64, 88));
        assertEquals(88, body.length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"fec0::2", "fec0::3", "fe80::2"})
    void ourIpv6AddressesAreFound(String address) {
        byte[] body = join(u32(0), ip(address), new byte[] {1, 1}, GUEST_MAC);
        rig.give(frame(icmp(GUEST_LOCAL, ip("ff02::1:ff00:2"), 135, 0, body)));
        Seen reply = rig.only();
        assertEquals(136 << 8, reply.u16(0));
        assertEquals(0xe000_0000, reply.i32(4));
        assertArrayEquals(
                join(ip(address), new byte[] {2, 1}, GATEWAY_MAC), Arrays.copyOfRange(reply.payload(), 8, 32));
    }

    @Test
    void whoeverTriesOurAddressForHimselfIsToldByAllNodes() {
        rig.give(frame(icmp(ip("::"), ip("ff02::1:ff00:2"), 135, 0, join(u32(0), GATEWAY6))));
        Seen reply = rig.only();
        assertEquals("ff02:0:0:0:0:0:0:1", reply.target());
        assertEquals(0xa000_0000, reply.i32(4));
    }

    @Test
    void solicitationsThatPassedARouterOrHaveBadOptionsAreLeftAlone() {
        byte[] good = icmp(GUEST_LOCAL, GATEWAY6, 135, 0, join(u32(0), GATEWAY6, new byte[] {1, 1}, GUEST_MAC));
        byte[] passed = good.clone();
        passed[7] = 64;
        rig.give(frame(passed));
        rig.give(frame(icmp(GUEST_LOCAL, GATEWAY6, 135, 1, join(u32(0), GATEWAY6))));
        rig.give(frame(icmp(GUEST_LOCAL, GATEWAY6, 135, 0, u32(0))));
        rig.give(frame(
                icmp(GUEST_LOCAL, GATEWAY6, 135, 0, join(u32(0), GATEWAY6, new byte[] {1, 0, 0, 0, 0, 0, 0, 0}))));
        rig.give(frame(
                icmp(GUEST_LOCAL, GATEWAY6, 135, 0, join(u32(0), GATEWAY6, new byte[] {1, 2, 0, 0, 0, 0, 0, 0}))));
        rig.give(frame(icmp(GUEST_LOCAL, GATEWAY6, 135, 0, join(u32(0), ip("fec0::9")))));
        rig.nothing();
        rig.give(frame(good));
        assertTrue(rig.only().is(58));
    }
}
