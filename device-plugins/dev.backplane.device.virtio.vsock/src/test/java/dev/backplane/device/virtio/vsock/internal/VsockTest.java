package dev.backplane.device.virtio.vsock.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.device.DeviceFactory;
import dev.backplane.api.device.ResetKind;
import dev.backplane.testkit.DeviceBench;
import dev.backplane.testkit.DeviceContract;
import dev.backplane.testkit.virtio.VirtioDriver;
import dev.backplane.virtio.internal.PciTransportService;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The socket device by the sections of the specification (virtio 1.2, 5.10), with real sockets on the host's side. */
class VsockTest extends DeviceContract<VsockOptions, VsockState> {
    private static final int BUFFER = 4096;
    private static final AtomicInteger MADE = new AtomicInteger();

    @TempDir
    static Path folder;

    private final List<SocketChannel> clients = new ArrayList<>();
    private final Map<DeviceBench<?, ?>, VsockDriver> drivers = new IdentityHashMap<>();
    private final Map<DeviceBench<?, ?>, List<SocketChannel>> used = new IdentityHashMap<>();

    @AfterEach
    void close() throws IOException {
        for (SocketChannel client : clients) {
            client.close();
        }
    }

    static DeviceFactory<VsockOptions, VsockState> newFactory() {
        return new VsockFactory(new PciTransportService());
    }

    /** A path of its own for each, as two machines have. */
    static VsockOptions options(Path folder) {
        return new VsockOptions(folder.resolve("v" + MADE.incrementAndGet()), VsockDriver.CID, BUFFER, 8);
    }

    @Override
    protected DeviceFactory<VsockOptions, VsockState> factory() {
        return newFactory();
    }

    private VsockOptions latest = options(Path.of("/nowhere"));

    @Override
    protected VsockOptions options() {
        latest = options(folder);
        return latest;
    }

    /** Two connections, with bytes that neither side has read. */
    @Override
    protected void use(DeviceBench<VsockOptions, VsockState> bench) {
        var driver = new VsockDriver(bench);
        drivers.put(bench, driver);
        SocketChannel client = greeted(5000);
        int port = port(driver.hear());
        driver.say(VsockLayout.RESPONSE, port, 5000, 0);
        assertEquals(
                "OK " + port + "\n", text(client, 3 + Integer.toString(port).length() + 1));
        driver.say(VsockLayout.RW, port, 5000, 0, bytes("unread"));
        SocketChannel second = greeted(5001);
        driver.hear();
        used.put(bench, List.of(client, second));
    }

    @Override
    protected List<?> observe(DeviceBench<VsockOptions, VsockState> bench) {
        VsockDriver driver = drivers.get(bench);
        SocketChannel client = used.get(bench).getFirst();
        int port = Hub.FIRST_PORT + 1;
        driver.say(VsockLayout.RW, port, 5000, 0, bytes(" and more"));
        String read = text(client, 15);
        send(client, "back");
        String heard = driver.hear();
        driver.say(VsockLayout.RST, port + 1, 5001, 0);
        return List.of(read, heard, end(used.get(bench).getLast()), driver.virtio.status());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static int port(String heard) {
        return Integer.parseUnsignedInt(heard.substring(heard.indexOf(' ') + 1, heard.indexOf("->")));
    }

    private SocketChannel connected() {
        try {
            var client = SocketChannel.open(UnixDomainSocketAddress.of(latest.path()));
            clients.add(client);
            return client;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A program of the host's that has asked for a port of the guest's. */
    private SocketChannel greeted(int port) {
        SocketChannel client = connected();
        send(client, "CONNECT " + port + "\n");
        return client;
    }

    private static void send(SocketChannel to, String text) {
        try {
            to.write(ByteBuffer.wrap(bytes(text)));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** So many bytes; fewer where it ends before. Blocks, and the contract's timeout ends it. */
    private static String text(SocketChannel from, int length) {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        try {
            while (buffer.hasRemaining() && from.read(buffer) >= 0) {
                // More is on its way.
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return new String(buffer.array(), 0, buffer.position(), StandardCharsets.US_ASCII);
    }

    /** Waits for the end, with nothing before it. */
    private static String end(SocketChannel from) {
        return text(from, 1);
    }

    private DeviceBench<VsockOptions, VsockState> bench() {
        return DeviceBench.plug(factory(), options());
    }

    private ServerSocketChannel serve(int port) {
        try {
            return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                    .bind(UnixDomainSocketAddress.of(latest.path() + "_" + Integer.toUnsignedString(port)));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** A guest's connection to a program of the host's, which this returns. */
    private SocketChannel opened(VsockDriver driver, ServerSocketChannel server, int hostPort, int guestPort) {
        driver.say(VsockLayout.REQUEST, hostPort, guestPort, 0);
        assertEquals("RESPONSE " + hostPort + "->" + guestPort, driver.hear());
        try {
            SocketChannel accepted = server.accept();
            clients.add(accepted);
            return accepted;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void s5_10_4_theConfigurationTellsTheGuestsAddress() {
        try (var bench = bench()) {
            assertEquals(3, new VirtioDriver(bench).configuration(0, 8));
            assertEquals(3, new VirtioDriver(bench).configuration(0, 4));
            assertEquals(0, new VirtioDriver(bench).configuration(4, 4));
        }
    }

    @Test
    void aProgramOfTheHostAsksForAPortAndIsConnected() {
        try (var bench = bench()) {
            var driver = new VsockDriver(bench);
            SocketChannel client = connected();
            // In pieces, and with the first bytes close behind.
            send(client, "conn");
            send(client, "ECT 52\nhel");
            String request = driver.hear();
            assertEquals("REQUEST 1073741825->52", request);
            driver.say(VsockLayout.RESPONSE, port(request), 52, 0);
            assertEquals("OK 1073741825\n", text(client, 14));
            assertEquals("RW 1073741825->52 hel", driver.hear());
            send(client, "lo");
            assertEquals("RW 1073741825->52 lo", driver.hear());
            driver.say(VsockLayout.RW, port(request), 52, 0, bytes("world"));
            assertEquals("world", text(client, 5));
        }
    }

    @Test
    void aPortThatTheGuestDoesNotServeEndsTheProgramsConnection() {
        try (var bench = bench()) {
            var driver = new VsockDriver(bench);
            SocketChannel client = greeted(52);
            driver.say(VsockLayout.RST, port(driver.hear()), 52, 0);
            assertEquals("", end(client));
        }
    }

    @Test
    void aProgramThatGoesBeforeTheGuestHasAnsweredIsReset() throws IOException {
        try (var bench = bench()) {
            var driver = new VsockDriver(bench);
            SocketChannel client = greeted(52);
            String request = driver.hear();
            client.close();
            assertEquals(request.replace("REQUEST", "RST"), driver.hear());
            driver.say(VsockLayout.RESPONSE, port(request), 52, 0);
            assertEquals(request.replace("REQUEST", "RST"), driver.hear());
        }
    }

    @Test
    void whatIsNotALineEndsTheConnection() {
        try (var bench = bench()) {
            var driver = new VsockDriver(bench);
            for (String line : List.of(
                    "\n",
                    "CONNECT\n",
                    "CONNECT \n",
                    "CONNECT x\n",
                    "CONNECT -1\n",
                    "CONNECT 1 \n",
                    "CONNECT 4294967295\n",
                    "CONNECT 42949672960\n",
                    "GET / HTTP/1.1\n",
                    "x".repeat(40))) {
                SocketChannel client = connected();
                send(client, line);
                assertEquals("", end(client), line);
            }
            assertFalse(driver.hears());
        }
    }

    @Test
    void s5_10_6_5_aGuestConnectsToTheSocketOfThePort() throws IOException {
        try (var bench = bench();
                var server = serve(7)) {
            var driver = new VsockDriver(bench);
            SocketChannel program = opened(driver, server, 7, 1234);
            driver.say(VsockLayout.RW, 7, 1234, 0, bytes("question"));
            assertEquals("question", text(program, 8));
            send(program, "answer");
            assertEquals("RW 7->1234 answer", driver.hear());
        }
    }

    @Test
    void s5_10_6_4_whatFitsNothingIsReset() {
        try (var bench = bench()) {
            var driver = new VsockDriver(bench);
            // Nobody serves it; packets of no connection; operations that there are not.
            for (int operation : new int[] {
                VsockLayout.REQUEST,
                VsockLayout.RESPONSE,
                VsockLayout.SHUTDOWN,
                VsockLayout.RW,
                VsockLayout.CREDIT_UPDATE,
                VsockLayout.CREDIT_REQUEST,
                0,
                8,
                0xffff
            }) {
                driver.say(operation, 9, 1234, 0);
                assertEquals("RST 9->1234", driver.hear());
            }
            // An RST is never answered.
            driver.say(VsockLayout.RST, 9, 1234, 0);
            // Another kind of socket, and another address.
            driver.say(new Header(3, 2, 1, 9, 0, 2, VsockLayout.REQUEST, 0, 0, 0));
            assertEquals(2, Header.of(driver.packet()).type());
            driver.say(new Header(3, 77, 1, 9, 0, 1, VsockLayout.REQUEST, 0, 0, 0));
            assertEquals(77, Header.of(driver.packet()).fromCid());
            // Not this guest, and less than a header.
            driver.say(new Header(4, 2, 1, 9, 0, 1, VsockLayout.REQUEST, 0, 0, 0));
            driver.say(new byte[43]);
            assertFalse(driver.hears());
        }
    }

    @Test
    void s5_10_6_4_whatDoesNotFitTheStateOfAConnectionResetsIt() throws IOException {
        try (var bench = bench();
                var server = serve(7)) {
            var driver = new VsockDriver(bench);
            int guest = 100;
            for (int operation : new int[] {VsockLayout.REQUEST, VsockLayout.RESPONSE, 0, 8}) {
                SocketChannel program = opened(driver, server, 7, ++guest);
                driver.say(operation, 7, guest, 0);
                assertEquals("RST 7->" + guest, driver.hear());
                assertEquals("", end(program));
            }
            // A length beyond the packet.
            SocketChannel program = opened(driver, server, 7, ++guest);
            driver.say(new Header(3, 2, guest, 7, 5, 1, VsockLayout.RW, 0, 1000, 0), bytes("four"));
            assertEquals("RST 7->" + guest, driver.hear());
            assertEquals("", end(program));
            // Bytes behind the end.
            opened(driver, server, 7, ++guest);
            driver.say(VsockLayout.SHUTDOWN, 7, guest, VsockLayout.NO_SEND);
            driver.say(VsockLayout.RW, 7, guest, 0, bytes("late"));
            assertEquals("RST 7->" + guest, driver.hear());
            // Bytes before the beginning.
            SocketChannel client = greeted(52);
            int port = port(driver.hear());
            driver.say(VsockLayout.RW, port, 52, 0, bytes("early"));
            assertEquals("RST " + port + "->52", driver.hear());
            assertEquals("", end(client));
        }
    }

    @Test
    void s5_10_6_3_aGuestThatSendsMoreThanThereIsRoomForIsReset() throws IOException {
        try (var bench = bench();
                var server = serve(7)) {
            var driver = new VsockDriver(bench);
            opened(driver, server, 7, 1);
            // A program that reads nothing: its socket takes some, then the device's buffer does, then that is full.
            byte[] kilobyte = new byte[1024];
            String heard = "";
            for (int sent = 0; !heard.startsWith("RST"); sent++) {
                assertTrue(sent < 4096, "nothing is ever full");
                driver.say(VsockLayout.RW, 7, 1, 0, kilobyte);
                heard = driver.hears() ? driver.hear() : "";
            }
        }
    }

    @Test
    void s5_10_6_3_aGuestThatKeepsToItsCreditLosesNothing() throws Exception {
        long seed = new Random().nextLong();
        byte[] data = new byte[200_000];
        new Random(seed).nextBytes(data);
        try (var bench = bench();
                var server = serve(7)) {
            var driver = new VsockDriver(bench);
            driver.say(VsockLayout.REQUEST, 7, 1, 0);
            Header last = Header.of(driver.packet());
            SocketChannel program = server.accept();
            clients.add(program);
            ByteBuffer received = ByteBuffer.allocate(data.length);
            Thread reader = Thread.ofPlatform().daemon().start(() -> {
                try {
                    while (received.hasRemaining() && program.read(received) >= 0) {
                        // More is on its way.
                    }
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            });
            for (int sent = 0; sent < data.length; ) {
                while (driver.hears() || sent - last.forwarded() >= last.room()) {
                    last = Header.of(driver.packet());
                    assertEquals(VsockLayout.CREDIT_UPDATE, last.operation());
                    assertEquals(BUFFER, last.room());
                }
                int some = Math.min(Math.min(1500, data.length - sent), last.room() - (sent - last.forwarded()));
                driver.say(VsockLayout.RW, 7, 1, 0, Arrays.copyOfRange(data, sent, sent + some));
                sent += some;
                if (sent % 7 == 0) {
                    bench.swap();
                }
            }
            reader.join();
            assertArrayEquals(data, received.array(), "seed " + seed);
        }
    }

    @Test
    void s5_10_6_3_aGuestIsNotSentMoreThanItHasRoomFor() throws IOException {
        try (var bench = bench();
                var server = serve(7)) {
            var driver = new VsockDriver(bench);
            driver.room = 5;
            SocketChannel program = opened(driver, server, 7, 1);
            send(program, "0123456789");
            assertEquals("RW 7->1 01234", driver.hear());
            assertEquals("CREDIT_REQUEST 7->1", driver.hear());
            // A lie: more has left the buffer than was ever sent.
            driver.forwarded = 1000;
            driver.say(VsockLayout.CREDIT_UPDATE, 7, 1, 0);
            driver.say(VsockLayout.CREDIT_REQUEST, 7, 1, 0);
            assertEquals("CREDIT_UPDATE 7->1", driver.hear());
            driver.forwarded = 3;
            driver.say(VsockLayout.CREDIT_UPDATE, 7, 1, 0);
            assertEquals("RW 7->1 567", driver.hear());
        }
    }

    @Test
    void s5_10_6_6_eachDirectionEndsByItself() throws IOException {
        try (var bench = bench();
                var server = serve(7)) {
            var driver = new VsockDriver(bench);
            SocketChannel program = opened(driver, server, 7, 1);
            driver.say(VsockLayout.RW, 7, 1, 0, bytes("last"));
            driver.say(VsockLayout.SHUTDOWN, 7, 1, VsockLayout.NO_SEND);
            assertEquals("last", text(program, 10));
            send(program, "still");
            assertEquals("RW 7->1 still", driver.hear());
            program.shutdownOutput();
            assertEquals("SHUTDOWN 7->1 flags 2", driver.hear());
            driver.say(VsockLayout.SHUTDOWN, 7, 1, VsockLayout.NO_SEND | VsockLayout.NO_RECEIVE);
            assertEquals("RST 7->1", driver.hear());
            driver.say(VsockLayout.CREDIT_REQUEST, 7, 1, 0);
            assertEquals("RST 7->1", driver.hear());
        }
    }

    @Test
    void aProgramThatIsGoneEndsTheConnectionAtTheNextWrite() throws IOException {
        try (var bench = bench();
                var server = serve(7)) {
            var driver = new VsockDriver(bench);
            SocketChannel program = opened(driver, server, 7, 1);
            program.close();
            assertEquals("SHUTDOWN 7->1 flags 2", driver.hear());
            driver.say(VsockLayout.RW, 7, 1, 0, bytes("anybody?"));
            assertEquals("RST 7->1", driver.hear());
        }
    }

    @Test
    void thereAreNoMoreConnectionsThanMayBe() throws IOException {
        try (var bench = bench();
                var server = serve(7)) {
            var driver = new VsockDriver(bench);
            for (int i = 0; i < 8; i++) {
                opened(driver, server, 7, i);
            }
            driver.say(VsockLayout.REQUEST, 7, 8, 0);
            assertEquals("RST 7->8", driver.hear());
            assertEquals("", end(connected()));
            driver.say(VsockLayout.RST, 7, 3, 0);
            opened(driver, server, 7, 8);
        }
    }

    @Test
    void aGuestThatDoesNotListenIsNotHeardForLong() {
        try (var bench = bench()) {
            var driver = new VsockDriver(bench, 0);
            int packets = 0;
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < 30; j++) {
                    driver.offer(new Header(3, 2, packets++, 9, 0, 1, VsockLayout.RW, 0, 0, 0).toBytes());
                }
                int sent = packets;
                VirtioDriver.await("what it hears", () -> driver.virtio.ring(1).waiting() == Math.min(sent, 64));
            }
            assertEquals(64, driver.virtio.ring(1).waiting());
            driver.listen(30);
            for (int i = 0; i < packets; i++) {
                assertEquals("RST 9->" + i, driver.hear());
            }
        }
    }

    @Test
    void connectionsThatCannotMoveAreResetOneAfterTheOther() throws IOException {
        VsockState state;
        VsockOptions options = options();
        try (var bench = DeviceBench.plug(factory(), options);
                var server = serve(7)) {
            var driver = new VsockDriver(bench);
            opened(driver, server, 7, 1);
            opened(driver, server, 7, 2);
            connected();
            greeted(52);
            driver.hear();
            state = bench.state();
        }
        try (var elsewhere = DeviceBench.plug(factory(), options())) {
            // The rings are the guest's, and have come along.
            var driver = new VsockDriver(elsewhere);
            List<String> heard = new ArrayList<>();
            var moved = new VsockState(
                    state.nextId(),
                    state.nextPort(),
                    state.refusals(),
                    state.connections(),
                    elsewhere.state().virtio());
            assertFalse(driver.hears());
            try {
                elsewhere.replaceBy(moved);
            } catch (dev.backplane.api.state.StateException e) {
                throw new AssertionError(e);
            }
            for (int i = 0; i < 3; i++) {
                heard.add(driver.hear());
            }
            assertEquals(List.of("RST 7->1", "RST 7->2", "RST 1073741825->52"), heard);
            assertFalse(driver.hears());
        }
    }

    @Test
    void aDriverThatGoesTakesItsConnectionsAlong() throws IOException {
        try (var bench = bench();
                var server = serve(7)) {
            SocketChannel program = opened(new VsockDriver(bench), server, 7, 1);
            new VirtioDriver(bench).reset();
            assertEquals("", end(program));
            SocketChannel next = opened(new VsockDriver(bench), server, 7, 1);
            bench.reset(ResetKind.SYSTEM);
            assertEquals("", end(next));
        }
    }

    @Test
    void theSocketIsThereWhileTheDeviceIs() throws IOException {
        VsockOptions options = options();
        try (var bench = DeviceBench.plug(factory(), options)) {
            assertTrue(Files.exists(options.path()));
            bench.swap();
            assertTrue(Files.exists(options.path()));
            assertThrows(AssertionError.class, () -> DeviceBench.plug(factory(), options));
        }
        assertFalse(Files.exists(options.path()));
    }
}
