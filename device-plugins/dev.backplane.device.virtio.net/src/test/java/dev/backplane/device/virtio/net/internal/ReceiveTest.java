package dev.backplane.device.virtio.net.internal;

import static dev.backplane.device.virtio.net.internal.NetLayout.*;
import static dev.backplane.device.virtio.net.internal.NetRig.*;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Frame.Segmentation;
import dev.backplane.testkit.virtio.VirtioDriver;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What the driver receives (virtio 1.2, 5.1.6.4). */
class ReceiveTest {
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
}
