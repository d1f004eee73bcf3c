package dev.backplane.network.user.internal;

import static dev.backplane.network.user.internal.Wires.BROADCAST_MAC;
import static dev.backplane.network.user.internal.Wires.GATEWAY;
import static dev.backplane.network.user.internal.Wires.GATEWAY_MAC;
import static dev.backplane.network.user.internal.Wires.GUEST_MAC;
import static dev.backplane.network.user.internal.Wires.ethernet;
import static dev.backplane.network.user.internal.Wires.ip;
import static dev.backplane.network.user.internal.Wires.join;
import static dev.backplane.network.user.internal.Wires.u16;
import static dev.backplane.network.user.internal.Wires.u32;
import static dev.backplane.network.user.internal.Wires.udp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Addresses by DHCP (RFC 2131). */
class DhcpTest {
    private static final byte[] NONE = new byte[4];
    private static final byte[] EVERYBODY = ip("255.255.255.255");
    private static final byte[] OTHER_MAC = {0x52, 0x54, 0, 0x12, 0x34, 0x57};

    private static final int DISCOVER = 1;
    private static final int OFFER = 2;
    private static final int REQUEST = 3;
    private static final int DECLINE = 4;
    private static final int ACK = 5;
    private static final int NAK = 6;
    private static final int RELEASE = 7;
    private static final int INFORM = 8;

    private Rig rig = new Rig();

    @AfterEach
    void close() {
        rig.close();
    }

    private static byte[] message(byte[] mac, byte[] client, byte[]... options) {
        return join(
                new byte[] {1, 1, 6, 0},
                u32(0xcafe),
                u16(3),
                u16(0),
                client,
                NONE,
                NONE,
                NONE,
                mac,
                new byte[10],
                new byte[192],
                u32(0x63825363),
                join(options),
                new byte[] {-1});
    }

    private static byte[] type(int type) {
        return new byte[] {53, 1, (byte) type};
    }

    private static byte[] option(int code, byte[] value) {
        return join(new byte[] {(byte) code, (byte) value.length}, value);
    }

    private void give(byte[] mac, byte[] client, byte[] message) {
        rig.give(ethernet(BROADCAST_MAC, mac, 0x0800, udp(client, EVERYBODY, 68, 67, message)));
    }

    private void ask(byte[]... options) {
        give(GUEST_MAC, NONE, message(GUEST_MAC, NONE, options));
    }

    /** The options of an answer. */
    private static Map<Integer, byte[]> options(Seen seen) {
        assertEquals("10.0.2.2", seen.source());
        assertEquals(67, seen.from());
        assertEquals(68, seen.to());
        byte[] data = seen.data();
        assertEquals(2, data[0]);
        assertEquals(0xcafe, java.nio.ByteBuffer.wrap(data).getInt(4));
        Map<Integer, byte[]> options = new TreeMap<>();
        for (int at = 240; (data[at] & 0xff) != 255; at += 2 + data[at + 1]) {
            options.put((int) data[at], Arrays.copyOfRange(data, at + 2, at + 2 + data[at + 1]));
        }
        return options;
    }

    private static void is(Map<Integer, byte[]> options, int code, byte[] value) {
        assertArrayEquals(value, options.get(code), "option " + code);
    }

    private static String yours(Seen seen) {
        byte[] data = seen.data();
        return (data[16] & 0xff) + "." + (data[17] & 0xff) + "." + (data[18] & 0xff) + "." + (data[19] & 0xff);
    }

    @Test
    void theGuestGetsTheAddressThatQemusUsersExpect() {
        ask(type(DISCOVER));
        Seen offer = rig.only();
        assertArrayEquals(GUEST_MAC, Arrays.copyOf(offer.frame(), 6));
        assertEquals("10.0.2.15", offer.target());
        assertEquals("10.0.2.15", yours(offer));
        Map<Integer, byte[]> options = options(offer);
        is(options, 53, new byte[] {OFFER});
        is(options, 54, GATEWAY);
        ask(type(REQUEST), option(50, ip("10.0.2.15")), option(54, GATEWAY));
        options = options(rig.only());
        is(options, 53, new byte[] {ACK});
        is(options, 1, ip("255.255.255.0"));
        is(options, 3, GATEWAY);
        is(options, 6, ip("10.0.2.3"));
        is(options, 26, u16(1500));
        is(options, 28, ip("10.0.2.255"));
        is(options, 51, u32(86_400));
    }

    @Test
    void anAnswerIsBroadcastWhereThatIsAskedFor() {
        byte[] message = message(GUEST_MAC, NONE, type(DISCOVER));
        message[10] = (byte) 0x80;
        give(GUEST_MAC, NONE, message);
        Seen offer = rig.only();
        assertEquals("255.255.255.255", offer.target());
        assertArrayEquals(BROADCAST_MAC, Arrays.copyOf(offer.frame(), 6));
    }

    @Test
    void aLeaseIsRenewedAtTheRouter() {
        ask(type(REQUEST), option(50, ip("10.0.2.15")));
        rig.seen.clear();
        byte[] message = message(GUEST_MAC, ip("10.0.2.15"), type(REQUEST));
        rig.give(ethernet(GATEWAY_MAC, GUEST_MAC, 0x0800, udp(ip("10.0.2.15"), GATEWAY, 68, 67, message)));
        is(options(rig.only()), 53, new byte[] {ACK});
    }

    @Test
    void anotherAddressIsRefused() {
        ask(type(REQUEST), option(50, ip("10.0.2.16")));
        Seen nak = rig.only();
        is(options(nak), 53, new byte[] {NAK});
        assertEquals("255.255.255.255", nak.target());
        assertEquals("0.0.0.0", yours(nak));
        ask(type(REQUEST), option(50, ip("10.0.2.15")), option(54, ip("10.0.2.99")));
        rig.nothing();
    }

    @Test
    void whoHasAnAddressIsToldTheRest() {
        byte[] message = message(GUEST_MAC, ip("10.0.2.40"), type(INFORM));
        rig.give(ethernet(BROADCAST_MAC, GUEST_MAC, 0x0800, udp(ip("10.0.2.40"), EVERYBODY, 68, 67, message)));
        Seen ack = rig.only();
        Map<Integer, byte[]> options = options(ack);
        is(options, 3, GATEWAY);
        assertFalse(options.containsKey(51));
        assertEquals("0.0.0.0", yours(ack));
        assertEquals("10.0.2.40", ack.target());
    }

    @Test
    void eachCardHasItsAddressAndGivesItBack() {
        ask(type(DISCOVER));
        give(OTHER_MAC, NONE, message(OTHER_MAC, NONE, type(DISCOVER)));
        assertEquals("10.0.2.15", yours(rig.seen.remove()));
        assertEquals("10.0.2.16", yours(rig.only()));
        ask(type(RELEASE));
        give(OTHER_MAC, NONE, message(OTHER_MAC, NONE, type(DECLINE)));
        rig.nothing();
        give(OTHER_MAC, NONE, message(OTHER_MAC, NONE, type(DISCOVER)));
        assertEquals("10.0.2.15", yours(rig.only()));
    }

    @Test
    void manyCardsMakeOldLeasesGo() {
        for (int i = 0; i < 1000; i++) {
            byte[] mac = {2, 0, 0, 0, (byte) (i >>> 8), (byte) i};
            give(mac, NONE, message(mac, NONE, type(DISCOVER)));
            assertEquals("10.0.2." + (15 + i % 16), yours(rig.only()));
        }
        assertEquals(16, rig.stack.save(new byte[0], new byte[0]).leases().size());
    }

    @Test
    void messagesThatMakeNoSenseAreLeftAlone() {
        byte[] good = message(GUEST_MAC, NONE, type(DISCOVER));
        for (int at : new int[] {0, 1, 2, 28, 236}) {
            byte[] bad = good.clone();
            bad[at] ^= 4;
            give(GUEST_MAC, NONE, bad);
        }
        for (int length = 0; length < 242; length++) {
            give(GUEST_MAC, NONE, Arrays.copyOf(good, length));
        }
        // An option longer than the message; one whose length is not there.
        give(GUEST_MAC, NONE, Arrays.copyOf(message(GUEST_MAC, NONE, new byte[] {12, 40}), 250));
        give(GUEST_MAC, NONE, join(Arrays.copyOf(good, 243), new byte[] {12}));
        ask(new byte[] {53, 2, 1, 1});
        ask(type(OFFER));
        ask(type(200));
        rig.nothing();
    }

    @Test
    void aRestrictedGuestHasAnAddressAndNoWayOut() {
        rig.close();
        rig = new Rig(Rig.options(true, true, 1500, List.of()));
        ask(type(DISCOVER));
        Map<Integer, byte[]> options = options(rig.only());
        assertFalse(options.containsKey(3));
        assertFalse(options.containsKey(6));
    }
}
