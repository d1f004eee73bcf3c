package dev.backplane.network.tap.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.Frame.Segmentation;
import dev.backplane.api.network.NetworkBackend;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.natives.internal.LinuxHost;
import dev.backplane.testkit.NetworkBench;
import dev.backplane.testkit.NetworkContract;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

/** The host's own stack is the far end: it answers ARP and echo requests and takes datagrams. Needs /dev/net/tun and CAP_NET_ADMIN. */
class TapTest extends NetworkContract<TapOptions, TapState> {
    private static final String NAME =
            "bptap%d".formatted(ProcessHandle.current().pid() % 1_000_000);
    private static final byte[] MAC = {2, 0, 0, 0, 0x77, 1};
    /** Of TEST-NET-2 (RFC 5737), which nobody uses. */
    private static final byte[] HOST = {(byte) 198, 51, 100, 1};

    private static final byte[] GUEST = {(byte) 198, 51, 100, 2};

    @BeforeEach
    void canHaveTaps() {
        if (!Files.isWritable(Path.of("/dev/net/tun"))) {
            throw new TestAbortedException("no /dev/net/tun here that this user may open");
        }
        try (var tap = new LinuxHost().taps().open(NAME)) {
            ip("link", "show", tap.name());
        } catch (IOException e) {
            throw new TestAbortedException("no tap can be made here: " + e.getMessage());
        }
    }

    @Override
    protected NetworkBackend<TapOptions, TapState> backend() {
        return new TapNetwork(new LinuxHost());
    }

    @Override
    protected TapOptions options() {
        return new TapOptions(NAME, true);
    }

    private static void ip(String... words) {
        var command = new java.util.ArrayList<>(List.of("ip"));
        command.addAll(List.of(words));
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String text = new String(process.getInputStream().readAllBytes());
            if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
                throw new TestAbortedException(String.join(" ", command) + ": " + text);
            }
        } catch (IOException | InterruptedException e) {
            throw new TestAbortedException("no ip here (Debian: iproute2): " + e.getMessage());
        }
    }

    /** Gives the interface an address, where it has none. */
    private static void configure() throws IOException {
        NetworkInterface found = NetworkInterface.getByName(NAME);
        // An interface without an address is none to Java.
        if (found == null
                || found.getInterfaceAddresses().stream()
                        .noneMatch(each -> Arrays.equals(each.getAddress().getAddress(), HOST))) {
            ip("addr", "add", "198.51.100.1/30", "dev", NAME);
            ip("link", "set", NAME, "up");
        }
    }

    /** The next frame of a type, past whatever else the host has to say. */
    private static byte[] receive(NetworkBench<TapOptions, TapState> bench, int type) {
        byte[] frame = bench.receiveNext();
        while (frame.length < 14 || (ByteBuffer.wrap(frame).getShort(12) & 0xffff) != type) {
            frame = bench.receiveNext();
        }
        return frame;
    }

    private static byte[] ethernet(byte[] to, int type, byte[] payload) {
        return ByteBuffer.allocate(14 + payload.length)
                .put(to)
                .put(MAC)
                .putShort((short) type)
                .put(payload)
                .array();
    }

    /** Asks for the host's address. */
    private static byte[] resolve(NetworkBench<TapOptions, TapState> bench) {
        byte[] everybody = new byte[6];
        Arrays.fill(everybody, (byte) 0xff);
        byte[] request = ByteBuffer.allocate(28)
                .putInt(0x0001_0800)
                .putInt(0x0604_0001)
                .put(MAC)
                .put(GUEST)
                .put(new byte[6])
                .put(HOST)
                .array();
        bench.sendAll(ethernet(everybody, 0x0806, request));
        ByteBuffer answer = ByteBuffer.wrap(receive(bench, 0x0806));
        while (answer.getShort(20) != 2) {
            answer = ByteBuffer.wrap(receive(bench, 0x0806));
        }
        return Arrays.copyOfRange(answer.array(), 6, 12);
    }

    private static int sum(byte[] bytes, int from, int to, int before) {
        int sum = before;
        for (int i = from; i < to; i++) {
            sum += (bytes[i] & 0xff) << ((i - from & 1) == 0 ? 8 : 0);
        }
        while (sum >>> 16 != 0) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum;
    }

    private static byte[] ip(int protocol, byte[] payload) {
        byte[] packet = ByteBuffer.allocate(20 + payload.length)
                .putShort((short) 0x4500)
                .putShort((short) (20 + payload.length))
                .putInt(0x4000)
                .put((byte) 64)
                .put((byte) protocol)
                .putShort((short) 0)
                .put(GUEST)
                .put(HOST)
                .put(payload)
                .array();
        ByteBuffer.wrap(packet).putShort(10, (short) ~sum(packet, 0, 20, 0));
        return packet;
    }

    private static byte[] echo(Random random) {
        byte[] message = new byte[8 + random.nextInt(1400)];
        random.nextBytes(message);
        ByteBuffer.wrap(message).putInt(0, 0x0800_0000);
        ByteBuffer.wrap(message).putShort(2, (short) ~sum(message, 0, message.length, 0));
        return message;
    }

    @Override
    protected void exchange(NetworkBench<TapOptions, TapState> bench, Random random) throws Exception {
        configure();
        byte[] host = resolve(bench);
        for (int i = 0; i < 10; i++) {
            byte[] message = echo(random);
            bench.sendAll(ethernet(host, 0x0800, ip(1, message)));
            byte[] answer = receive(bench, 0x0800);
            while (answer[23] != 1 || answer[34] != 0 || answer.length != 34 + message.length) {
                answer = receive(bench, 0x0800);
            }
            assertArrayEquals(
                    Arrays.copyOfRange(message, 4, message.length), Arrays.copyOfRange(answer, 38, answer.length));
        }
    }

    /** Its checksum is left to the host, which throws away what has a wrong one. */
    @Test
    void aDatagramWhoseChecksumIsLeftToDoArrives() throws Exception {
        try (var bench = NetworkBench.plug(backend(), options());
                var socket = DatagramChannel.open()) {
            configure();
            byte[] host = resolve(bench);
            socket.bind(new InetSocketAddress(InetAddress.getByAddress(HOST), 0));
            int port = ((InetSocketAddress) socket.getLocalAddress()).getPort();
            byte[] words = "left to the host".getBytes();
            byte[] datagram = ByteBuffer.allocate(8 + words.length)
                    .putShort((short) 4000)
                    .putShort((short) port)
                    .putShort((short) (8 + words.length))
                    .putShort((short) 0)
                    .put(words)
                    .array();
            byte[] frame = ethernet(host, 0x0800, ip(17, datagram));
            int pseudo = sum(frame, 26, 34, 17 + datagram.length);
            ByteBuffer.wrap(frame).putShort(40, (short) pseudo);
            bench.port().send(new Frame().set(frame).withChecksumToDo(34, 6));
            ByteBuffer received = ByteBuffer.allocate(100);
            InetSocketAddress from = (InetSocketAddress) socket.receive(received);
            assertArrayEquals(GUEST, from.getAddress().getAddress());
            assertArrayEquals(words, Arrays.copyOf(received.array(), received.position()));
        }
    }

    /** A segment that the host's TCP sends is longer than the MTU, where it may leave that to us. */
    @Test
    void theHostLeavesSegmentationToTheGuest() throws Exception {
        try (var bench = NetworkBench.plug(backend(), options());
                var server = java.nio.channels.ServerSocketChannel.open()) {
            configure();
            byte[] host = resolve(bench);
            server.bind(new InetSocketAddress(InetAddress.getByAddress(HOST), 0));
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            bench.sendAll(tcp(host, port, 1000, 0, 0x02));
            byte[] answer = receive(bench, 0x0800);
            while (answer[23] != 6) {
                answer = receive(bench, 0x0800);
            }
            int theirs = ByteBuffer.wrap(answer).getInt(38) + 1;
            bench.sendAll(tcp(host, port, 1001, theirs, 0x10));
            try (var connection = server.accept()) {
                // Nobody acknowledges anything.
                connection.configureBlocking(false);
                connection.write(ByteBuffer.allocate(200_000));
                Frame frame = bench.receiveFrame();
                while (frame.segmentation() != Segmentation.TCP4) {
                    frame = bench.receiveFrame();
                }
                assertEquals(34, frame.checksumStart());
                assertEquals(16, frame.checksumOffset());
            }
        }
    }

    private static byte[] tcp(byte[] host, int port, int sequence, int acknowledged, int flags) {
        byte[] segment = ByteBuffer.allocate(24)
                .putShort((short) 4000)
                .putShort((short) port)
                .putInt(sequence)
                .putInt(acknowledged)
                .put((byte) 0x60)
                .put((byte) flags)
                .putShort((short) 0xffff)
                .putInt(0)
                .putInt(0x0204_05b4)
                .array();
        byte[] frame = ethernet(host, 0x0800, ip(6, segment));
        int sum = sum(frame, 34, frame.length, sum(frame, 26, 34, 6 + segment.length));
        ByteBuffer.wrap(frame).putShort(50, (short) ~sum);
        return frame;
    }

    @Test
    void anInterfaceThatCannotBeIsRefusedWithItsName() {
        for (String name : List.of("", "a-name-that-is-too-long", "lo")) {
            var refused = assertThrows(
                    ConfigurationException.class, () -> NetworkBench.make(backend(), new TapOptions(name, true)));
            assertEquals(true, String.valueOf(refused.getMessage()).contains("\"" + name + "\""));
        }
    }

    @Test
    void theMtuIsTheInterfaces() {
        try (var bench = NetworkBench.plug(backend(), options())) {
            assertEquals(1500, bench.port().mtuBytes());
        }
    }
}
