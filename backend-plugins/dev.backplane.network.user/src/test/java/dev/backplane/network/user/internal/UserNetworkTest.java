package dev.backplane.network.user.internal;

import static dev.backplane.network.user.internal.Wires.GATEWAY;
import static dev.backplane.network.user.internal.Wires.GUEST;
import static dev.backplane.network.user.internal.Wires.frame;
import static dev.backplane.network.user.internal.Wires.text;
import static dev.backplane.network.user.internal.Wires.udp;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.network.Frame;
import dev.backplane.api.network.NetworkPort;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.api.state.StateException;
import dev.backplane.testkit.NetworkBench;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The whole network in its bay: a guest with a TCP of its own on one side, sockets of the host on the other. */
@Timeout(240)
class UserNetworkTest {
    private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
    private static final int LIVES = 100;
    private static final int GUEST_PORT = 40_000;

    private final UserNetwork network = new UserNetwork();

    private static byte[] bytes(long seed, int count) {
        byte[] bytes = new byte[count];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static <T> FutureTask<T> start(java.util.concurrent.Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        Thread.ofVirtual().start(task);
        return task;
    }

    private NetworkBench<UserOptions, UserState> plug() {
        return NetworkBench.plug(network, Rig.options());
    }

    private static UserOptions forwarding(Forward.Protocol protocol, int hostPort, int guestPort) {
        return Rig.options(
                true,
                true,
                1500,
                List.of(new ForwardOptions(protocol, "127.0.0.1", hostPort, Optional.empty(), guestPort)));
    }

    /** A port that nobody has at this moment. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, LOOPBACK);
                DatagramSocket same = new DatagramSocket(socket.getLocalPort(), LOOPBACK)) {
            return same.getLocalPort();
        }
    }

    /** A network that forwards a port which was free. */
    private NetworkBench<UserOptions, UserState> forward(Forward.Protocol protocol, int guestPort) throws IOException {
        while (true) {
            try {
                var bench = NetworkBench.make(network, forwarding(protocol, freePort(), guestPort));
                bench.resume(Resumption.STARTED);
                return bench;
            } catch (ConfigurationException taken) {
                // Somebody was faster; there are others.
                assertTrue(taken.getMessage().contains("cannot be listened at"), taken::getMessage);
            }
        }
    }

    private static int hostPort(NetworkBench<UserOptions, UserState> bench) {
        return ((UserPort) bench.port()).forwards().getFirst().host().getPort();
    }

    @Test
    void theGuestFetchesAPageFromTheHostsLoopback() throws Exception {
        byte[] page = bytes(1, 3 << 20);
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK);
                var bench = plug()) {
            var served = start(() -> {
                try (Socket socket = server.accept()) {
                    byte[] request = socket.getInputStream().readNBytes(16);
                    socket.getOutputStream().write(page);
                    socket.shutdownOutput();
                    assertEquals(-1, socket.getInputStream().read());
                    return request;
                }
            });
            MiniGuest guest = new MiniGuest(bench);
            guest.connect(server.getLocalPort(), GUEST_PORT);
            guest.write(text("GET / HTTP/1.0\r\n"));
            assertArrayEquals(page, guest.read(page.length));
            guest.awaitEnd();
            guest.finish();
            assertArrayEquals(text("GET / HTTP/1.0\r\n"), served.get());
            assertEquals(List.of(), bench.machine().failures());
        }
    }

    @Test
    void theGuestSendsToASlowHost() throws Exception {
        byte[] all = bytes(2, 2 << 20);
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK);
                var bench = plug()) {
            server.setReceiveBufferSize(4096);
            var served = start(() -> {
                try (Socket socket = server.accept()) {
                    return socket.getInputStream().readAllBytes();
                }
            });
            MiniGuest guest = new MiniGuest(bench);
            guest.connect(server.getLocalPort(), GUEST_PORT);
            guest.write(all);
            guest.finish();
            guest.awaitEnd();
            assertArrayEquals(all, served.get());
        }
    }

    @Test
    void aSegmentThatTheHostIsToCutIsTakenWhole() throws Exception {
        byte[] all = bytes(3, 60_000);
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK);
                var bench = plug()) {
            var served = start(() -> {
                try (Socket socket = server.accept()) {
                    return socket.getInputStream().readNBytes(all.length);
                }
            });
            MiniGuest guest = new MiniGuest(bench);
            guest.connect(server.getLocalPort(), GUEST_PORT);
            Frame frame = new Frame();
            byte[] packet = Wires.tcp(
                    GUEST,
                    GATEWAY,
                    GUEST_PORT,
                    server.getLocalPort(),
                    1001,
                    guest.acknowledgment(),
                    Wires.ACK,
                    65_535,
                    all);
            packet[36] ^= 0x55;
            frame.set(frame(packet)).withChecksumToDo(34, 16).withSegmentation(Frame.Segmentation.TCP4, 1460);
            assertTrue(frame.asksOnlyFor(bench.port().offloads()));
            assertTrue(bench.port().send(frame));
            assertArrayEquals(all, served.get());
        }
    }

    @Test
    void whereNobodyListensTheGuestIsRefused() throws Exception {
        try (var bench = plug()) {
            MiniGuest guest = new MiniGuest(bench);
            guest.connect(freePort(), GUEST_PORT);
            assertTrue(guest.reset);
        }
    }

    @Test
    void aConnectionOutlivesTheReplacementOfTheNetworkAtAnyMoment() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] up = bytes(seed, 200_000);
        byte[] down = bytes(seed + 1, 200_000);
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK);
                var bench = plug()) {
            var served = start(() -> {
                try (Socket socket = server.accept()) {
                    var answer = start(() -> {
                        socket.getOutputStream().write(down);
                        socket.shutdownOutput();
                        return null;
                    });
                    byte[] got = socket.getInputStream().readAllBytes();
                    answer.get();
                    return got;
                }
            });
            MiniGuest guest = new MiniGuest(bench);
            guest.connect(server.getLocalPort(), GUEST_PORT);
            int sent = 0;
            int got = 0;
            for (int i = 1; i <= 20; i++) {
                int to = i == 20 ? up.length : sent + random.nextInt((up.length - sent) / 4 + 1);
                guest.write(Arrays.copyOfRange(up, sent, to));
                sent = to;
                int count = i == 20 ? down.length - got : random.nextInt((down.length - got) / 4 + 1);
                byte[] expected = Arrays.copyOfRange(down, got, got + count);
                assertArrayEquals(expected, guest.read(count), "seed " + seed);
                got += count;
                if (random.nextBoolean()) {
                    UserState state = bench.swap();
                    assertEquals(1, state.connections().size(), "seed " + seed);
                } else {
                    bench.swapAndRollBack();
                }
            }
            guest.awaitEnd();
            guest.finish();
            assertArrayEquals(up, served.get(), "seed " + seed);
            assertEquals(List.of(), bench.machine().failures());
        }
    }

    @Test
    void inAnotherProcessConnectionsAreResetAndAddressesKept() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK);
                var bench = plug()) {
            MiniGuest guest = new MiniGuest(bench);
            guest.connect(server.getLocalPort(), GUEST_PORT);
            UserState state = bench.swap();
            try (FakeContext elsewhere = new FakeContext()) {
                elsewhere.executor = work -> Thread.ofVirtual().start(work);
                NetworkPort<UserState> port = network.restore(Rig.options(), elsewhere, state);
                Frame frame = new Frame();
                assertFalse(port.receive(frame), "restored, it has done nothing outwardly");
                port.resume(new Resumption(Resumption.Cause.SNAPSHOT, Duration.ZERO));
                long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
                while (!port.receive(frame)) {
                    assertTrue(System.nanoTime() < end, "no reset");
                    Thread.onSpinWait();
                }
                Seen reset = new Seen(complete(frame));
                assertTrue(reset.has(Wires.RST));
                assertEquals(GUEST_PORT, reset.to());
                assertEquals(guest.acknowledgment(), reset.seq());
                port.quiesce(Deadline.in(Duration.ofSeconds(60)));
                assertEquals(0, port.save().connections().size());
                port.close();
            }
        }
    }

    private static byte[] complete(Frame frame) {
        Frame whole = new Frame();
        var segments = new dev.backplane.api.network.Segments();
        assertTrue(segments.begin(frame) && segments.next(whole));
        return whole.toByteArray();
    }

    @Test
    void statesThatNobodySavedAreRefused() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK);
                var bench = plug()) {
            new MiniGuest(bench).connect(server.getLocalPort(), GUEST_PORT);
            UserState good = bench.swap();
            TcpState connection = good.connections().getFirst();
            byte[] long64 = new byte[65_536];
            for (TcpState bad : List.of(
                    changed(connection, 0, connection.sent(), connection.edge(), new byte[0]),
                    changed(connection, 1, connection.unacknowledged() - 1, connection.edge(), new byte[0]),
                    changed(connection, 1, connection.unacknowledged() + 2, connection.edge(), new byte[0]),
                    changed(connection, 1, connection.sent(), connection.next() - 1, new byte[0]),
                    changed(connection, 1, connection.sent(), connection.next() + 65_536, new byte[0]),
                    changed(connection, 1, connection.sent(), connection.edge(), long64))) {
                assertRefused(new UserState(List.of(), List.of(), List.of(bad), 0, new byte[0], new byte[0]));
            }
            var many = java.util.Collections.nCopies(33, connection);
            assertRefused(new UserState(List.of(), List.of(), many, 0, new byte[0], new byte[0]));
            assertRefused(new UserState(List.of(), List.of(), List.of(), 0, new byte[100], new byte[0]));
            var leases = java.util.Collections.nCopies(17, new UserState.Lease(1, 1));
            assertRefused(new UserState(leases, List.of(), List.of(), 0, new byte[0], new byte[0]));
        }
    }

    @Test
    void connectionsOfAnOlderVersionLingerAsLongAsEver() {
        var fields = Map.<String, Object>of(
                "connections",
                List.of(Map.of("stage", "TIME_WAIT"), Map.of("stage", "CLOSED"), Map.of("stage", "ESTABLISHED")));
        assertEquals(
                List.of(
                        Map.of("stage", "TIME_WAIT", "leftMillis", TcpConnection.LINGER_MILLIS),
                        Map.of("stage", "CLOSED", "leftMillis", TcpConnection.DRAIN_MILLIS),
                        Map.of("stage", "ESTABLISHED", "leftMillis", 0L)),
                UserState.upgrade(1, fields).get("connections"));
    }

    private void assertRefused(UserState state) {
        try (FakeContext context = new FakeContext()) {
            assertThrows(StateException.class, () -> network.restore(Rig.options(), context, state));
        }
    }

    private static TcpState changed(TcpState of, int port, int sent, int edge, byte[] received) {
        return new TcpState(
                of.socket(),
                of.guestHigh(),
                of.guestLow(),
                port,
                of.peerHigh(),
                of.peerLow(),
                of.peerPort(),
                of.mac(),
                of.stage(),
                of.segmentBytes(),
                of.unacknowledged(),
                sent,
                of.closing(),
                of.finAcknowledged(),
                of.window(),
                of.windowSequence(),
                of.toSend(),
                of.next(),
                edge,
                of.finished(),
                of.outputShut(),
                received,
                of.leftMillis());
    }

    @Test
    void theHostConnectsThroughAForwardAlsoWhenTheNetworkWasReplaced() throws Exception {
        try (var bench = forward(Forward.Protocol.TCP, 22)) {
            for (int i = 0; i < 3; i++) {
                MiniGuest guest = new MiniGuest(bench);
                try (Socket socket = new Socket(LOOPBACK, hostPort(bench))) {
                    guest.accept();
                    socket.getOutputStream().write(text("hello"));
                    assertArrayEquals(text("hello"), guest.read(5));
                    guest.write(text("SSH-2.0"));
                    assertArrayEquals(text("SSH-2.0"), socket.getInputStream().readNBytes(7));
                    socket.shutdownOutput();
                    guest.awaitEnd();
                    guest.finish();
                    assertEquals(-1, socket.getInputStream().read());
                }
                bench.swap();
            }
        }
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, LOOPBACK)) {
            int port = taken.getLocalPort();
            String message = assertThrows(
                            ConfigurationException.class,
                            () -> NetworkBench.make(network, forwarding(Forward.Protocol.TCP, port, 22)))
                    .getMessage();
            assertTrue(message.startsWith("forward: tcp 127.0.0.1 port " + port + " cannot be listened at"), message);
        }
    }

    @Test
    void datagramsPassThroughAForwardOnceTheGuestHasToldWhereItIs() throws Exception {
        try (var bench = forward(Forward.Protocol.UDP, 69);
                DatagramSocket one = new DatagramSocket(0, LOOPBACK);
                DatagramSocket two = new DatagramSocket(0, LOOPBACK)) {
            MiniGuest guest = new MiniGuest(bench);
            for (DatagramSocket socket : new DatagramSocket[] {one, two}) {
                socket.send(new DatagramPacket(text("ping"), 4, LOOPBACK, hostPort(bench)));
                Seen got = guest.other();
                assertArrayEquals(text("ping"), got.data());
                assertEquals(69, got.to());
                assertEquals(socket.getLocalPort(), got.from());
                bench.sendAll(frame(udp(GUEST, GATEWAY, 69, got.from(), text("pong"))));
                DatagramPacket answer = new DatagramPacket(new byte[100], 100);
                socket.setSoTimeout(60_000);
                socket.receive(answer);
                assertArrayEquals(text("pong"), Arrays.copyOf(answer.getData(), answer.getLength()));
                assertEquals(hostPort(bench), answer.getPort());
            }
        }
    }

    @Test
    void aGuestThatTakesNothingMakesTheHostWait() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, LOOPBACK)) {
            var bench = plug();
            AtomicLong sent = new AtomicLong();
            byte[] much = new byte[64 << 10];
            int most = 256 << 20;
            var served = start(() -> {
                try (Socket socket = server.accept()) {
                    while (sent.get() < most) {
                        socket.getOutputStream().write(much);
                        sent.addAndGet(much.length);
                    }
                    return "all of it was taken";
                } catch (SocketException reset) {
                    return "reset";
                }
            });
            MiniGuest guest = new MiniGuest(bench);
            guest.connect(server.getLocalPort(), GUEST_PORT);
            // The guest stops here. The connection's end is the host's peer's, too.
            long before;
            do {
                before = sent.get();
                Thread.sleep(200);
            } while (sent.get() != before);
            assertTrue(before < most, "everything was taken");
            bench.close();
            assertEquals("reset", served.get());
        }
    }

    @Test
    void aHundredLivesLeaveNothingBehind() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 50, LOOPBACK)) {
            live(server);
            long descriptors = descriptors();
            for (int i = 0; i < LIVES; i++) {
                live(server);
            }
            assertEquals(descriptors, descriptors(), "open descriptors");
            awaitNoThreads();
        }
    }

    private void live(ServerSocket server) throws Exception {
        Socket left;
        try (var bench = forward(Forward.Protocol.UDP, 5);
                var other = plug()) {
            bench.swap();
            MiniGuest guest = new MiniGuest(other);
            guest.connect(server.getLocalPort(), GUEST_PORT);
            left = server.accept();
            other.sendAll(frame(udp(GUEST, GATEWAY, 7, server.getLocalPort(), text("x"))));
            other.swap();
            guest.write(text("abc"));
            assertArrayEquals(text("abc"), left.getInputStream().readNBytes(3));
        }
        try (left) {
            assertThrows(IOException.class, () -> left.getInputStream().read());
        }
    }

    private static void awaitNoThreads() throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (true) {
            List<String> left = Thread.getAllStackTraces().keySet().stream()
                    .map(Thread::getName)
                    .filter(name -> name.startsWith("part-network"))
                    .toList();
            if (left.isEmpty()) {
                return;
            }
            assertTrue(System.nanoTime() < end, () -> "threads that are left: " + left);
            Thread.sleep(10);
        }
    }

    /** Descriptors of this process, where the host shows them. */
    private static long descriptors() throws IOException {
        Path folder = Path.of("/proc/self/fd");
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (var entries = Files.list(folder)) {
            return entries.count();
        }
    }

    @Test
    void whatItCountsIsToldByName() throws Exception {
        try (var bench = plug()) {
            bench.sendAll(frame(Wires.icmp(GUEST, GATEWAY, 8, 0, Wires.u32(1))));
            assertTrue(new Seen(bench.receiveNext()).is(1));
            var counts = ((UserPort) bench.port()).statistics();
            assertEquals(1, counts.get("frames-from-guest"));
            assertEquals(1, counts.get("frames-to-guest"));
            assertNotNull(counts.get("flows"));
        }
    }
}
