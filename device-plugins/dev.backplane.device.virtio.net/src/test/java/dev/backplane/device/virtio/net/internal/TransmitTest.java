package dev.backplane.device.virtio.net.internal;

import static dev.backplane.device.virtio.net.internal.NetLayout.*;
import static dev.backplane.device.virtio.net.internal.NetRig.*;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Frame.Segmentation;
import dev.backplane.api.network.Offload;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What the driver sends (virtio 1.2, 5.1.6.2). */
class TransmitTest {
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
}
