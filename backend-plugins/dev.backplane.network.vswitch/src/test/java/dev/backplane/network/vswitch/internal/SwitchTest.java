package dev.backplane.network.vswitch.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.testkit.NetworkBench;
import dev.backplane.testkit.NetworkContract;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SwitchTest extends NetworkContract<SwitchOptions, SwitchState> {
    private static final int QUEUE = 1 << 20;
    private static final long BROADCAST = 0xffff_ffff_ffffL;

    private final SwitchNetwork network = new SwitchNetwork();
    private final NetworkBench<SwitchOptions, SwitchState> other = plug("lan");

    @TempDir
    Path folder;

    private static SwitchOptions options(String name) {
        return new SwitchOptions(name, 1500, QUEUE, Optional.empty(), Optional.empty());
    }

    private NetworkBench<SwitchOptions, SwitchState> plug(String name) {
        return NetworkBench.plug(network, options(name));
    }

    @AfterEach
    void unplug() {
        other.close();
    }

    @Override
    protected NetworkBackend<SwitchOptions, SwitchState> backend() {
        return network;
    }

    @Override
    protected SwitchOptions options() {
        return options("lan");
    }

    @Override
    protected void exchange(NetworkBench<SwitchOptions, SwitchState> bench, Random random) {
        drain(other);
        for (int i = 0; i < 20; i++) {
            byte[] there = frame(BROADCAST, 0x0200_0000_0001L, random.nextInt(1400));
            bench.sendAll(there);
            assertArrayEquals(there, other.receiveNext());
            byte[] back = frame(0x0200_0000_0001L, 0x0200_0000_0002L, random.nextInt(1400));
            other.sendAll(back);
            assertArrayEquals(back, bench.receiveNext());
        }
    }

    private static byte[] frame(long to, long from, int payload) {
        byte[] bytes = new byte[14 + payload];
        new Random(payload).nextBytes(bytes);
        ByteBuffer.wrap(bytes)
                .putShort((short) (to >>> 32))
                .putInt((int) to)
                .putShort((short) (from >>> 32))
                .putInt((int) from)
                .putShort((short) 0x88b5);
        return bytes;
    }

    private static int drain(NetworkBench<SwitchOptions, SwitchState> bench) {
        int count = 0;
        Frame frame = new Frame();
        while (bench.receive(frame)) {
            count++;
        }
        return count;
    }

    @Test
    void aFrameGoesToThePortOfItsReceiverAloneOnceThatIsKnown() {
        try (var a = plug("x");
                var b = plug("x");
                var c = plug("x");
                var elsewhere = plug("y")) {
            a.sendAll(frame(2, 1, 50));
            assertEquals(1, drain(b), "an unknown receiver");
            assertEquals(1, drain(c));
            b.sendAll(frame(1, 2, 50));
            assertEquals(1, drain(a));
            assertEquals(0, drain(c), "a known one");
            a.sendAll(frame(2, 1, 50));
            assertEquals(1, drain(b));
            assertEquals(0, drain(c));
            a.sendAll(frame(BROADCAST, 1, 50));
            assertEquals(2, drain(b) + drain(c), "a broadcast");
            a.sendAll(frame(1, 1, 50));
            assertEquals(0, drain(a) + drain(b) + drain(c), "to itself");
            assertEquals(0, drain(elsewhere), "another switch");
        }
    }

    @Test
    void anAddressThatMovesIsFoundAtItsNewPort() {
        try (var a = plug("x");
                var b = plug("x");
                var c = plug("x")) {
            b.sendAll(frame(BROADCAST, 2, 50));
            c.sendAll(frame(BROADCAST, 2, 50));
            drain(a);
            drain(b);
            drain(c);
            a.sendAll(frame(2, 1, 50));
            assertEquals(0, drain(b));
            assertEquals(1, drain(c));
        }
    }

    @Test
    void aPortThatMakesAddressesUpDrivesOutItsOwnAlone() {
        try (var a = plug("x");
                var b = plug("x");
                var hostile = plug("x")) {
            a.sendAll(frame(BROADCAST, 1, 50));
            hostile.sendAll(frame(BROADCAST, 0x100, 50));
            for (int i = 0; i < 5000; i++) {
                hostile.sendAll(frame(1, 0x1000 + i, 0));
            }
            drain(a);
            drain(b);
            drain(hostile);
            b.sendAll(frame(1, 2, 50));
            assertEquals(1, drain(a));
            assertEquals(0, drain(hostile), "the neighbour's address is still known");
            b.sendAll(frame(0x100, 2, 50));
            assertEquals(1, drain(a), "its own first one is not");
            assertEquals(AddressTable.OF_ONE_PORT, hostile.swap().addresses().length);
        }
    }

    @Test
    void framesBetweenNeighboursArePassedToNobody() {
        try (var a = plug("x");
                var b = plug("x")) {
            a.sendAll(frame(0x0180_c200_000eL, 1, 50));
            assertEquals(0, drain(b));
            a.sendAll(frame(0x0180_c200_0010L, 1, 50));
            assertEquals(1, drain(b));
            a.sendAll(new byte[13]);
            assertEquals(0, drain(b), "no header");
        }
    }

    @Test
    void aGuestThatStandsLosesFramesAndMakesNobodyStand() {
        try (var a = plug("x");
                var b = plug("x")) {
            b.sendAll(frame(BROADCAST, 2, 50));
            int sent = 2 * QUEUE / 1000;
            for (int i = 0; i < sent; i++) {
                assertTrue(a.send(frame(2, 1, 986)));
            }
            int received = drain(b);
            assertTrue(received < sent && received > QUEUE / 1100, received + " frames");
            a.sendAll(frame(2, 1, 50));
            assertEquals(1, drain(b));
        }
    }

    @Test
    void aPausedMachineFindsWhatArrivedMeanwhile() {
        try (var a = plug("x");
                var b = plug("x")) {
            b.sendAll(frame(BROADCAST, 2, 50));
            b.quiesce();
            byte[] frame = frame(2, 1, 50);
            a.sendAll(frame);
            b.resume(dev.backplane.api.part.Resumption.STARTED);
            assertArrayEquals(frame, b.receiveNext());
        }
    }

    @Test
    void whatWasQueuedAndKnownMovesToTheSuccessor() {
        try (var a = plug("x");
                var b = plug("x");
                var c = plug("x")) {
            b.sendAll(frame(BROADCAST, 2, 50));
            drain(a);
            drain(c);
            byte[] frame = frame(2, 1, 50);
            a.sendAll(frame);
            b.swap();
            assertArrayEquals(frame, b.receiveNext());
            a.sendAll(frame);
            assertEquals(0, drain(c), "its address is still known");
        }
    }

    @Test
    void whatAFrameLeavesToDoReachesTheReceiver() {
        try (var a = plug("x");
                var b = plug("x")) {
            Frame frame = new Frame().set(frame(BROADCAST, 1, 3000)).withChecksumToDo(34, 16);
            frame.withSegmentation(Frame.Segmentation.TCP4, 1448);
            assertTrue(a.port().send(frame));
            Frame received = b.receiveFrame();
            assertEquals(Frame.Segmentation.TCP4, received.segmentation());
            assertEquals(1448, received.segmentBytes());
            assertEquals(34, received.checksumStart());
        }
    }

    @Test
    void aCaptureHasTheFramesOfThePortAlsoThoseOfASuccessor() throws Exception {
        Path file = folder.resolve("port.pcap");
        byte[] out = frame(BROADCAST, 1, 100);
        byte[] in = frame(1, 2, 200);
        try (var a = NetworkBench.plug(
                        network, new SwitchOptions("x", 1500, QUEUE, Optional.of(file), Optional.empty()));
                var b = plug("x")) {
            a.sendAll(out);
            a.swap();
            b.sendAll(in);
            a.receiveNext();
        }
        ByteBuffer pcap = ByteBuffer.wrap(Files.readAllBytes(file));
        assertEquals(0xa1b2_3c4d, pcap.getInt());
        assertEquals(1, pcap.getInt(20), "Ethernet");
        pcap.position(24);
        for (byte[] expected : new byte[][] {out, in}) {
            pcap.getLong();
            assertEquals(expected.length, pcap.getInt());
            assertEquals(expected.length, pcap.getInt());
            byte[] found = new byte[expected.length];
            pcap.get(found);
            assertArrayEquals(expected, found);
        }
        assertFalse(pcap.hasRemaining());
    }

    @Test
    void aCaptureThatCannotBeWrittenIsRefused() {
        var options =
                new SwitchOptions("x", 1500, QUEUE, Optional.of(folder.resolve("none/port.pcap")), Optional.empty());
        assertThrows(ConfigurationException.class, () -> NetworkBench.make(network, options));
    }

    @Test
    void aMapOfPortsHoldsWhatWasPut() {
        Random random = new Random(11);
        PortMap map = new PortMap();
        SwitchPort[] ports = new SwitchPort[3];
        Arrays.setAll(ports, i -> new SwitchPort(options("x"), null, null, null, null));
        var model = new java.util.HashMap<Long, SwitchPort>();
        for (int i = 0; i < 100_000; i++) {
            long address = random.nextInt(2000) << 4;
            if (random.nextBoolean()) {
                SwitchPort port = ports[random.nextInt(3)];
                map.put(address, port);
                model.put(address, port);
            } else {
                map.remove(address);
                model.remove(address);
            }
            long asked = random.nextInt(2000) << 4;
            assertEquals(model.get(asked), map.get(asked));
        }
    }
}
