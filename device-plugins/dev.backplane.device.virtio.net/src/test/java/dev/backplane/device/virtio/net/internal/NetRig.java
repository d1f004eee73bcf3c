package dev.backplane.device.virtio.net.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.network.NetworkRef;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.RecordedNetwork;
import dev.backplane.virtio.internal.PciTransportService;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

/** Cards, networks and frames for the tests of the network card. */
final class NetRig {
    static final NetworkRef NETWORK = new NetworkRef("device.network");
    static final byte[] MAC = HexFormat.of().parseHex("525400123456");
    static final NetOptions OPTIONS =
            new NetOptions(NETWORK, Optional.of("52:54:00:12:34:56"), 2, 0, true, Optional.empty(), Optional.empty());

    /** The device's answer to a command. */
    static final int OK = 0;

    static final int ERR = 1;

    private NetRig() {}

    static DeviceFactory<NetOptions, NetState> newFactory() {
        return new NetFactory(new PciTransportService());
    }

    static DeviceBench<NetOptions, NetState> bench() {
        return DeviceBench.plug(newFactory(), OPTIONS);
    }

    static RecordedNetwork network(DeviceBench<?, ?> bench) {
        return bench.machine().network(NETWORK);
    }

    /** For another card. */
    static byte[] frame(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) length);
        bytes[0] = 2;
        return bytes;
    }

    static byte[] broadcast(int length) {
        byte[] bytes = frame(length);
        Arrays.fill(bytes, 0, 6, (byte) 0xff);
        return bytes;
    }

    static byte[] to(int first, int last) {
        byte[] bytes = frame(60);
        Arrays.fill(bytes, 0, 6, (byte) 0);
        bytes[0] = (byte) first;
        bytes[5] = (byte) last;
        return bytes;
    }

    /** TCP over IPv4 between two ports. */
    static byte[] tcp(int from, int to, int payload) {
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

    static byte[] segment(int payload) {
        return NetDriver.packet(1, 1, 1000, 34, 16, tcp(1, 2, payload));
    }

    static void assertReceived(DeviceBench<?, ?> bench, NetDriver driver, boolean expected, byte[] frame) {
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
}
