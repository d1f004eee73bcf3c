package dev.backplane.device.virtio.net.internal;

import static dev.backplane.device.virtio.net.internal.NetLayout.*;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Frame.Segmentation;
import dev.backplane.api.network.NetworkRef;
import dev.backplane.api.network.Offload;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.rate.RateLimit;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import dev.backplane.testkit.RecordedNetwork;
import dev.backplane.testkit.virtio.VirtioDriver;
import dev.backplane.virtio.internal.PciTransportService;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The network card by the sections of the specification (virtio 1.2, 5.1). */
class NetTest extends DeviceContract<NetOptions, NetState> {
    static final NetworkRef NETWORK = new NetworkRef("device.network");
    private static final byte[] MAC = HexFormat.of().parseHex("525400123456");
    static final NetOptions OPTIONS =
            new NetOptions(NETWORK, Optional.of("52:54:00:12:34:56"), 2, 0, true, Optional.empty(), Optional.empty());

    private static final int OK = 0;
    private static final int ERR = 1;

    static DeviceFactory<NetOptions, NetState> newFactory() {
        return new NetFactory(new PciTransportService());
    }

    @Override
    protected DeviceFactory<NetOptions, NetState> factory() {
        return newFactory();
    }

    @Override
    protected NetOptions options() {
        return OPTIONS;
    }

    @Override
    protected void use(DeviceBench<NetOptions, NetState> bench) {
        var driver = new NetDriver(bench, 2, F_CTRL_VQ, F_CTRL_RX, F_CTRL_VLAN, F_MQ, F_MRG_RXBUF, F_CTRL_MAC_ADDR);
        assertEquals(OK, driver.command(0, 0, new byte[] {0}));
        assertEquals(OK, driver.command(2, 0, new byte[] {5, 0}));
        assertEquals(OK, driver.command(4, 0, new byte[] {2, 0}));
        assertEquals(OK, driver.command(1, 1, new byte[] {2, 0, 0, 0, 0, 9}));
        for (int i = 0; i < 20; i++) {
            driver.send(i & 1, NetDriver.plain(frame(60 + i)));
        }
        driver.room(0, 2, 1526);
        for (int i = 0; i < 3; i++) {
            bench.machine().network(NETWORK).deliver(broadcast(60 + i));
        }
        driver.received(0);
        driver.received(0);
        VirtioDriver.await(
                "the last frame is taken",
                () -> bench.machine().network(NETWORK).waiting() == 0);
    }

    @Override
    protected List<?> observe(DeviceBench<NetOptions, NetState> bench) {
        RecordedNetwork network = bench.machine().network(NETWORK);
        var virtio = new VirtioDriver(bench);
        int before = virtio.status();
        long configuration = virtio.configuration(0, 8);
        long mtu = virtio.configuration(10, 2);
        int sent = network.sent().size();
        var driver = new NetDriver(bench, 2, F_MAC);
        driver.send(0, NetDriver.plain(frame(99)));
        return List.of(before, configuration, mtu, sent, network.sent().size());
    }

    /** For another card. */
    private static byte[] frame(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) length);
        bytes[0] = 2;
        return bytes;
    }

    private static byte[] broadcast(int length) {
        byte[] bytes = frame(length);
        Arrays.fill(bytes, 0, 6, (byte) 0xff);
        return bytes;
    }

    private static byte[] to(int first, int last) {
        byte[] bytes = frame(60);
        Arrays.fill(bytes, 0, 6, (byte) 0);
        bytes[0] = (byte) first;
        bytes[5] = (byte) last;
        return bytes;
    }

    /** TCP over IPv4 between two ports. */
    private static byte[] tcp(int from, int to, int payload) {
        byte[] bytes = new byte[54 + payload];
        ByteBuffer.wrap(bytes)
                .put(12, (byte) 8)
                .put(14, (byte) 0x45)
                .put(23, (byte) 6)
                .putShort(34, (short) from)
                .putShort(36, (short) to)
                .put(46, (byte) 0x50);
        Arrays.fill(bytes, 54, bytes.length, (byte) payload);
        return bytes;
    }

    private static byte[] segment(int payload) {
        return NetDriver.packet(1, 1, 1000, 34, 16, tcp(1, 2, payload));
    }

    private static DeviceBench<NetOptions, NetState> bench() {
        return DeviceBench.plug(newFactory(), OPTIONS);
    }

    private static RecordedNetwork network(DeviceBench<?, ?> bench) {
        return bench.machine().network(NETWORK);
    }

    @Test
    void s5_1_4_theConfigurationTellsAddressStatusPairsAndMtu() {
        try (var bench = bench()) {
            var driver = new VirtioDriver(bench);
            for (int i = 0; i < MAC.length; i++) {
                assertEquals(MAC[i] & 0xff, driver.configuration(i, 1));
            }
            assertEquals(S_LINK_UP, driver.configuration(6, 2));
            assertEquals(2, driver.configuration(8, 2));
            assertEquals(1500, driver.configuration(10, 2));
            assertEquals(1500L << 16 | 2, driver.configuration(8, 4));
        }
    }

    @Test
    void s5_1_6_2_aPacketIsSentWithoutItsHeader() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2);
            driver.send(0, NetDriver.plain(frame(1514)));
            assertArrayEquals(frame(1514), network(bench).sent().getFirst().toByteArray());
        }
    }

    @Test
    void s5_1_6_2_packetsThatMakeNoSenseAreDroppedAndTheNextOnePasses() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_CSUM);
            driver.send(0, new byte[11]);
            driver.send(0, NetDriver.plain(new byte[13]));
            driver.send(0, NetDriver.packet(0, 7, 1000, 0, 0, frame(60)));
            driver.send(0, segment(3000));
            driver.send(0, NetDriver.packet(1, 0, 0, 50, 9, frame(60)));
            driver.send(0, NetDriver.plain(frame(1519)));
            assertEquals(List.of(), network(bench).sent());
            driver.send(0, NetDriver.plain(frame(60)));
            assertEquals(1, network(bench).sent().size());
            assertEquals(6L, ((NetDevice) bench.device()).statistics().get("sent-dropped"));
        }
    }

    @Test
    void s5_1_6_2_aChecksumIsDoneHereOrLeftToANetworkThatDoesIt() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_CSUM);
            byte[] packet = NetDriver.packet(1, 0, 0, 34, 16, tcp(1, 2, 100));
            driver.send(0, packet);
            network(bench).setOffloads(Set.of(Offload.CHECKSUM));
            driver.send(0, packet);
            Frame done = network(bench).sent().get(0);
            assertFalse(done.hasChecksumToDo());
            assertFalse(Arrays.equals(tcp(1, 2, 100), done.toByteArray()), "the field is filled");
            Frame left = network(bench).sent().get(1);
            assertTrue(left.hasChecksumToDo());
            assertEquals(34, left.checksumStart());
            assertArrayEquals(tcp(1, 2, 100), left.toByteArray());
        }
    }

    @Test
    void s5_1_6_2_aLongSegmentIsCutHereOrLeftToANetworkThatCuts() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_CSUM, F_HOST_TSO4);
            driver.send(0, segment(4500));
            assertEquals(
                    List.of(1054, 1054, 1054, 1054, 554),
                    network(bench).sent().stream().map(Frame::length).toList());
            network(bench).setOffloads(Set.of(Offload.CHECKSUM, Offload.TCP4));
            driver.send(0, segment(4500));
            Frame whole = network(bench).sent().getLast();
            assertEquals(4554, whole.length());
            assertEquals(Segmentation.TCP4, whole.segmentation());
            assertEquals(1000, whole.segmentBytes());
        }
    }

    @Test
    void aNetworkWithoutRoomMakesTheDriverWait() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_CSUM, F_HOST_TSO4);
            network(bench).setRoom(2);
            driver.offer(0, segment(4500));
            VirtioDriver.await("two pieces", () -> network(bench).sent().size() == 2);
            assertEquals(0, driver.virtio.ring(1).waiting());
            network(bench).setRoom(1);
            VirtioDriver.await("one more", () -> network(bench).sent().size() == 3);
            network(bench).setRoom(Long.MAX_VALUE);
            driver.awaitSent(0);
            assertEquals(
                    List.of(1054, 1054, 1054, 1054, 554),
                    network(bench).sent().stream().map(Frame::length).toList());
        }
    }

    @Test
    void aPacketThatWaitsIsSentOnceByTheSuccessor() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2);
            network(bench).setRoom(0);
            driver.offer(0, NetDriver.plain(frame(100)));
            driver.offer(0, NetDriver.plain(frame(101)));
            for (int i = 0; i < 5; i++) {
                bench.swap();
                bench.swapAndRollBack();
            }
            network(bench).setRoom(Long.MAX_VALUE);
            driver.awaitSent(0);
            driver.awaitSent(0);
            assertEquals(
                    List.of(100, 101),
                    network(bench).sent().stream().map(Frame::length).toList());
        }
    }

    @Test
    void aCableThatIsOutLosesWhatIsSentAndTheDriverIsTold() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_STATUS);
            bench.pci().takeMessages();
            network(bench).setUp(false);
            assertEquals(0, driver.virtio.configuration(6, 2) & S_LINK_UP);
            assertEquals(List.of(0), bench.pci().takeMessages());
            driver.send(0, NetDriver.plain(frame(60)));
            assertEquals(List.of(), network(bench).sent());
            bench.swap();
            assertEquals(0, driver.virtio.configuration(6, 2) & S_LINK_UP);
            network(bench).setUp(true);
            assertEquals(S_LINK_UP, driver.virtio.configuration(6, 2) & S_LINK_UP);
            driver.send(0, NetDriver.plain(frame(60)));
            assertEquals(1, network(bench).sent().size());
        }
    }

    @Test
    void s5_1_6_4_aPacketIsReceivedWithItsHeader() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2);
            driver.room(0, 1, 1526);
            network(bench).deliver(broadcast(1514));
            ByteBuffer filled = driver.filled(0);
            assertEquals(12 + 1514, filled.remaining());
            assertEquals(0, filled.getShort(0));
            assertEquals(1, filled.getShort(10), "num_buffers");
            assertArrayEquals(broadcast(1514), Arrays.copyOfRange(filled.array(), 12, filled.remaining()));
        }
    }

    @Test
    void s5_1_6_4_aPacketIsSpreadOverBuffersThatAreMerged() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_MRG_RXBUF);
            driver.room(0, 7, 200);
            network(bench).deliver(broadcast(1000));
            byte[] all = new byte[12 + 1000];
            ByteBuffer together = ByteBuffer.wrap(all);
            for (int i = 0; i < 6; i++) {
                ByteBuffer part = driver.filled(0);
                if (i == 0) {
                    assertEquals(6, part.getShort(10), "num_buffers");
                }
                together.put(part);
            }
            assertFalse(together.hasRemaining());
            assertArrayEquals(broadcast(1000), Arrays.copyOfRange(all, 12, all.length));
            network(bench).deliver(broadcast(100));
            assertEquals(112, driver.filled(0).remaining(), "the seventh buffer");
        }
    }

    @Test
    void aPacketWaitsForBuffersAlsoWhereTheDeviceIsReplaced() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_MRG_RXBUF);
            driver.room(0, 2, 200);
            network(bench).deliver(broadcast(700));
            network(bench).deliver(broadcast(701));
            VirtioDriver.await("the first is taken", () -> network(bench).waiting() == 1);
            for (int i = 0; i < 3; i++) {
                bench.swap();
                bench.swapAndRollBack();
            }
            driver.room(0, 10, 200);
            int bytes = 0;
            for (int i = 0; i < 8; i++) {
                bytes += driver.filled(0).remaining();
            }
            assertEquals(12 + 700 + 12 + 701, bytes);
            assertEquals(0, driver.virtio.ring(0).waiting());
        }
    }

    @Test
    void aPacketThatIsTooLongForItsBufferIsDroppedAndTheBufferServesTheNext() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2);
            driver.room(0, 1, 200);
            network(bench).deliver(broadcast(500));
            network(bench).deliver(broadcast(100));
            assertArrayEquals(broadcast(100), driver.received(0));
        }
    }

    @Test
    void aPacketThatNeedsMoreBuffersThanADriverCanHaveIsDropped() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_MRG_RXBUF);
            driver.room(0, 32, 4);
            driver.room(0, 20, 100);
            network(bench).deliver(broadcast(1500));
            network(bench).deliver(broadcast(60));
            int bytes = 0;
            while (bytes < 72) {
                bytes += driver.filled(0).remaining();
            }
            assertEquals(72, bytes);
        }
    }

    @Test
    void s5_1_6_4_whatANetworkLeavesToDoIsLeftToADriverThatDoesIt() {
        try (var bench = bench()) {
            Frame frame =
                    new Frame().set(tcp(1, 2, 4500)).withChecksumToDo(34, 16).withSegmentation(Segmentation.TCP4, 1000);
            var able = new NetDriver(bench, 2, F_GUEST_CSUM, F_GUEST_TSO4);
            able.room(0, 1, 10_000);
            network(bench).deliver(frame);
            ByteBuffer header = able.filled(0);
            assertEquals(12 + 4554, header.remaining());
            assertEquals(1, header.get(0), "NEEDS_CSUM");
            assertEquals(1, header.get(1), "TCPV4");
            assertEquals(54, header.getShort(2), "hdr_len");
            assertEquals(1000, header.getShort(4), "gso_size");
            assertEquals(34, header.getShort(6));
            assertEquals(16, header.getShort(8));
            var unable = new NetDriver(bench, 2);
            unable.room(0, 8, 1526);
            network(bench).deliver(frame);
            for (int length : new int[] {1066, 1066, 1066, 1066, 566}) {
                ByteBuffer piece = unable.filled(0);
                assertEquals(length, piece.remaining());
                assertEquals(0, piece.getShort(0));
            }
        }
    }

    @Test
    void s5_1_6_4_aGoodChecksumIsToldToADriverThatUnderstands() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_GUEST_CSUM);
            driver.room(0, 2, 1526);
            network(bench).deliver(new Frame().set(broadcast(60)).withChecksumGood());
            assertEquals(2, driver.filled(0).get(0), "DATA_VALID");
            network(bench).deliver(broadcast(60));
            assertEquals(0, driver.filled(0).get(0));
        }
    }

    @Test
    void aFrameFromTheNetworkThatLiesOrIsTooLongIsDropped() {
        try (var bench = bench()) {
            var driver = new NetDriver(bench, 2, F_GUEST_CSUM, F_GUEST_TSO4);
            driver.room(0, 1, 10_000);
            network(bench).deliver(new byte[5]);
            network(bench).deliver(new Frame().set(broadcast(60)).withChecksumToDo(60, 0));
            network(bench)
                    .deliver(new Frame()
                            .set(broadcast(4000))
                            .withChecksumToDo(34, 16)
                            .withSegmentation(Segmentation.TCP4, 1000));
            network(bench).deliver(broadcast(1519));
            network(bench).deliver(broadcast(77));
            assertArrayEquals(broadcast(77), driver.received(0));
        }
    }

    private static void assertReceived(DeviceBench<?, ?> bench, NetDriver driver, boolean expected, byte[] frame) {
        network(bench).deliver(frame);
        // What comes first shows whether it was dropped.
        byte[] mark = broadcast(61);
        network(bench).deliver(mark);
        driver.room(0, expected ? 2 : 1, 1526);
        if (expected) {
            assertArrayEquals(frame, driver.received(0));
        }
        assertArrayEquals(mark, driver.received(0));
    }

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

    @Test
    void aLimitHoldsTheGuestToItsRate() {
        var limit = Optional.of(new RateLimit(10, 0, 1, 0));
        var options = new NetOptions(NETWORK, Optional.empty(), 1, 0, true, limit, limit);
        try (var bench = DeviceBench.plug(newFactory(), options)) {
            var driver = new NetDriver(bench, 1);
            driver.send(0, NetDriver.plain(frame(60)));
            driver.offer(0, NetDriver.plain(frame(60)));
            VirtioDriver.await(
                    "the packet waits for the clock", () -> bench.clock().armedTimers() == 1);
            assertEquals(1, network(bench).sent().size());
            bench.clock().advance(Duration.ofMillis(100));
            driver.awaitSent(0);
            driver.room(0, 2, 1526);
            network(bench).deliver(broadcast(60));
            driver.received(0);
            network(bench).deliver(broadcast(60));
            VirtioDriver.await(
                    "the frame waits for the clock", () -> bench.clock().armedTimers() == 1);
            assertEquals(0, driver.virtio.ring(0).waiting());
            ((NetDevice) bench.device()).configure(NetOptions.on(NETWORK));
            bench.clock().advance(Duration.ZERO);
            driver.received(0);
        }
    }

    @Test
    void withoutAnAddressItGetsOneOfItsNameThatIsNobodys() {
        try (var bench = DeviceBench.plug(newFactory(), NetOptions.on(NETWORK));
                var again = DeviceBench.plug(newFactory(), NetOptions.on(NETWORK))) {
            long first = new VirtioDriver(bench).configuration(0, 4);
            assertEquals(2, first & 3, "local, of one card");
            assertEquals(first, new VirtioDriver(again).configuration(0, 4));
        }
    }

    @Test
    void withoutOffloadsNoneIsOffered() {
        var options = new NetOptions(NETWORK, Optional.empty(), 1, 1400, false, Optional.empty(), Optional.empty());
        try (var bench = DeviceBench.plug(newFactory(), options)) {
            var driver = new VirtioDriver(bench);
            assertEquals(0, driver.offered() & (Offloads.HOST | Offloads.GUEST | 1 << F_MQ));
            assertEquals(1400, driver.configuration(10, 2));
        }
    }

    @Test
    void optionsThatCannotBeAreRefused() {
        for (String mac : List.of("52:54:00:12:34", "53:54:00:12:34:56", "00:00:00:00:00:00", "52-54-00-12-34-56")) {
            var options = new NetOptions(NETWORK, Optional.of(mac), 1, 0, true, Optional.empty(), Optional.empty());
            var refused = assertThrows(
                    ConfigurationException.class, () -> newFactory().shape(options));
            assertTrue(String.valueOf(refused.getMessage()).contains(mac));
        }
        var small = new NetOptions(NETWORK, Optional.empty(), 1, 1279, true, Optional.empty(), Optional.empty());
        assertThrows(ConfigurationException.class, () -> newFactory().shape(small));
    }
}
