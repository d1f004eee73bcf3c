package dev.backplane.device.virtio.net.internal;

import static dev.backplane.device.virtio.net.internal.NetLayout.*;
import static dev.backplane.device.virtio.net.internal.NetRig.*;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Frame.Segmentation;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** The control queue (virtio 1.2, 5.1.6.5). */
class ControlTest {
    private static byte[] table(String unicast, String multicast) {
        byte[] one = HexFormat.of().parseHex(unicast);
        byte[] many = HexFormat.of().parseHex(multicast);
        return ByteBuffer.allocate(8 + one.length + many.length)
                .order(java.nio.ByteOrder.LITTLE_ENDIAN)
                .putInt(one.length / 6)
                .put(one)
                .putInt(many.length / 6)
                .put(many)
                .array();
    }

    @Test
    void s5_1_6_5_1_modesOfReception() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_CTRL_VQ, F_CTRL_RX, F_CTRL_RX_EXTRA);
            assertReceived(bench, driver, true, to(2, 7));
            assertEquals(OK, driver.command(0, ReceiveFilter.PROMISCUOUS, new byte[] {0}));
            assertReceived(bench, driver, false, to(2, 7));
            assertReceived(bench, driver, false, to(1, 7));
            byte[] own = to(0, 0);
            System.arraycopy(MAC, 0, own, 0, 6);
            assertReceived(bench, driver, true, own);
            assertEquals(OK, driver.command(0, ReceiveFilter.ALL_MULTICAST, new byte[] {1}));
            assertReceived(bench, driver, true, to(1, 7));
            assertEquals(OK, driver.command(0, ReceiveFilter.ALL_UNICAST, new byte[] {1}));
            assertReceived(bench, driver, true, to(2, 7));
            assertEquals(OK, driver.command(0, ReceiveFilter.NO_UNICAST, new byte[] {1}));
            assertReceived(bench, driver, false, own);
            assertEquals(OK, driver.command(0, ReceiveFilter.NO_MULTICAST, new byte[] {1}));
            assertReceived(bench, driver, false, to(1, 7));
            bench.swap();
            assertReceived(bench, driver, false, to(1, 7));
            assertEquals(ERR, driver.command(0, 6, new byte[] {1}));
            assertEquals(ERR, driver.command(0, 0, new byte[0]));
        }
    }

    @Test
    void s5_1_6_5_2_tablesAndTheAddress() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_CTRL_VQ, F_CTRL_RX, F_CTRL_MAC_ADDR);
            assertEquals(OK, driver.command(0, 0, new byte[] {0}));
            assertEquals(OK, driver.command(1, 0, table("020000000007", "010000000008010000000009")));
            assertReceived(bench, driver, true, to(2, 7));
            assertReceived(bench, driver, true, to(1, 9));
            assertReceived(bench, driver, false, to(2, 9));
            assertReceived(bench, driver, false, to(1, 7));
            assertEquals(OK, driver.command(1, 0, table("02".repeat(6 * 65), "")), "more than it keeps");
            assertReceived(bench, driver, true, to(2, 9));
            assertReceived(bench, driver, false, to(1, 9));
            assertEquals(OK, driver.command(1, 1, HexFormat.of().parseHex("020000000042")));
            assertEquals(0x42, driver.virtio.configuration(5, 1));
            byte[] lies = table("020000000007", "");
            lies[0] = 3;
            assertEquals(ERR, driver.command(1, 0, lies));
            lies[3] = (byte) 0xff;
            assertEquals(ERR, driver.command(1, 0, lies));
            assertEquals(ERR, driver.command(1, 1, new byte[5]));
        }
    }

    @Test
    void s5_1_6_5_3_vlans() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_CTRL_VQ, F_CTRL_VLAN);
            byte[] tagged = frame(100);
            tagged[12] = (byte) 0x81;
            tagged[13] = 0;
            tagged[14] = 1;
            tagged[15] = 2;
            assertReceived(bench, driver, false, tagged);
            assertEquals(OK, driver.command(2, 0, new byte[] {2, 1}));
            assertReceived(bench, driver, true, tagged);
            assertEquals(OK, driver.command(2, 1, new byte[] {2, 1}));
            assertReceived(bench, driver, false, tagged);
            assertEquals(ERR, driver.command(2, 0, new byte[] {0, 0x10}), "VLAN 4096");
            assertEquals(ERR, driver.command(2, 2, new byte[] {0, 0}));
        }
    }

    @Test
    void s5_1_6_5_4_afterAMoveTheDriverIsAskedToMakeItselfKnown() throws Exception {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_CTRL_VQ, F_STATUS, F_GUEST_ANNOUNCE);
            bench.replaceBy(bench.state());
            assertEquals(S_LINK_UP | S_ANNOUNCE, driver.virtio.configuration(6, 2));
            assertEquals(OK, driver.command(3, 0, new byte[0]));
            assertEquals(S_LINK_UP, driver.virtio.configuration(6, 2));
        }
    }

    @Test
    void s5_1_6_5_5_aFlowIsReceivedByThePairThatSentIt() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_CTRL_VQ, F_MQ);
            assertEquals(ERR, driver.command(4, 0, new byte[] {0, 0}));
            assertEquals(ERR, driver.command(4, 0, new byte[] {3, 0}));
            assertEquals(OK, driver.command(4, 0, new byte[] {2, 0}));
            driver.room(0, 4, 1526);
            driver.room(1, 4, 1526);
            driver.send(0, NetDriver.plain(tcp(100, 80, 10)));
            driver.send(1, NetDriver.plain(tcp(101, 80, 10)));
            network(bench).deliver(tcp(80, 101, 20));
            network(bench).deliver(tcp(80, 100, 21));
            assertArrayEquals(tcp(80, 101, 20), driver.received(1));
            assertArrayEquals(tcp(80, 100, 21), driver.received(0));
            assertEquals(OK, driver.command(4, 0, new byte[] {1, 0}));
            network(bench).deliver(tcp(80, 101, 22));
            assertArrayEquals(tcp(80, 101, 22), driver.received(0));
        }
    }

    @Test
    void s5_1_6_5_6_theDriverMayDoLessThanItNegotiated() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_CTRL_VQ, F_CTRL_GUEST_OFFLOADS, F_GUEST_CSUM, F_GUEST_TSO4);
            assertEquals(ERR, driver.command(5, 0, new byte[] {(byte) 0x82, 1, 0, 0, 0, 0, 0, 0}), "not negotiated");
            assertEquals(OK, driver.command(5, 0, new byte[8]));
            driver.room(0, 2, 1526);
            network(bench)
                    .deliver(new Frame()
                            .set(tcp(1, 2, 2000))
                            .withChecksumToDo(34, 16)
                            .withSegmentation(Segmentation.TCP4, 1000));
            assertEquals(1066, driver.filled(0).remaining());
            assertEquals(1066, driver.filled(0).remaining());
        }
    }

    @Test
    void s2_4_aResetOfTheDriverForgetsWhatItHasSet() {
        try (var bench = bench()) {
            var first = new NetDriver(bench, 2, F_CTRL_VQ, F_CTRL_RX, F_CTRL_MAC_ADDR, F_MQ);
            assertEquals(OK, first.command(0, 0, new byte[] {0}));
            assertEquals(OK, first.command(1, 1, HexFormat.of().parseHex("020000000042")));
            assertEquals(OK, first.command(4, 0, new byte[] {2, 0}));
            var second = new NetDriver(bench, 2, F_CTRL_VQ, F_CTRL_RX, F_MQ);
            assertEquals(0x56, second.virtio.configuration(5, 1));
            assertReceived(bench, second, true, to(2, 7));
            assertEquals(OK, second.command(0, 0, new byte[] {0}));
            bench.quiesce();
            bench.resume(dev.backplane.api.part.Resumption.STARTED);
            assertReceived(bench, second, false, to(2, 7));
        }
    }

    @Test
    void commandsThatWereNotNegotiatedOrAreNotKnownAreErrors() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_CTRL_VQ);
            for (int kind = 0; kind < 8; kind++) {
                for (int number = 0; number < 4; number++) {
                    assertEquals(ERR, driver.command(kind, number, new byte[8]));
                }
            }
        }
    }
}
