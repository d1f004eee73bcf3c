package dev.backplane.network.stream.internal;

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
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamTest extends NetworkContract<StreamOptions, StreamState> {
    private static final int QUEUE = 256 * 1024;

    @TempDir
    Path folder;

    private @Nullable FarEnd farEnd;

    private static StreamOptions at(Path path, boolean server) {
        return new StreamOptions(Optional.of(path), "127.0.0.1", 0, server, Duration.ofMillis(20), 1500, QUEUE);
    }

    @Override
    protected NetworkBackend<StreamOptions, StreamState> backend() {
        return new StreamNetwork();
    }

    @Override
    protected StreamOptions options() {
        return at(folder.resolve("s"), true);
    }

    @AfterEach
    void hangUp() throws IOException {
        if (farEnd != null) {
            farEnd.close();
        }
    }

    private FarEnd farEnd() throws IOException {
        FarEnd end = farEnd;
        if (end == null) {
            end = new FarEnd(UnixDomainSocketAddress.of(folder.resolve("s")));
            farEnd = end;
        }
        return end;
    }

    private static byte[] frame(Random random) {
        byte[] bytes = new byte[14 + random.nextInt(random.nextInt(10) == 0 ? Frame.MOST_BYTES - 14 : 1500)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Once what is left of other frames has passed. */
    @Override
    protected void exchange(NetworkBench<StreamOptions, StreamState> bench, Random random) throws Exception {
        FarEnd end = farEnd();
        bench.awaitLink(true);
        byte[] mark = frame(random);
        bench.sendAll(mark);
        byte[] found = end.receive();
        while (!Arrays.equals(mark, found)) {
            found = end.receive();
        }
        for (int i = 0; i < 20; i++) {
            byte[] there = frame(random);
            bench.sendAll(there);
            assertArrayEquals(there, end.receive());
            byte[] back = frame(random);
            end.send(back);
            assertArrayEquals(back, bench.receiveNext());
        }
    }

    @Test
    void whatIsUnderWayInBothDirectionsArrivesOnceAndInOrderWhateverIsReplaced() throws Exception {
        Random random = new Random(17);
        List<byte[]> frames =
                java.util.stream.Stream.generate(() -> frame(random)).limit(500).toList();
        try (var bench = NetworkBench.plug(backend(), options())) {
            FarEnd end = farEnd();
            bench.awaitLink(true);
            var sender = new FutureTask<>(() -> {
                for (byte[] each : frames) {
                    end.send(each);
                }
                return true;
            });
            var receiver = new FutureTask<>(() -> {
                for (byte[] each : frames) {
                    assertArrayEquals(each, end.receive());
                }
                return true;
            });
            Thread.ofPlatform().daemon().start(sender);
            Thread.ofPlatform().daemon().start(receiver);
            for (int i = 0; i < frames.size(); i++) {
                bench.sendAll(frames.get(i));
                assertArrayEquals(frames.get(i), bench.receiveNext(), "frame " + i);
                if (i % 25 == 0) {
                    bench.swap();
                }
            }
            assertTrue(sender.get() && receiver.get());
        }
    }

    @Test
    void theLinkIsUpWhileAFarEndIsThereAndAFrameWithoutOneIsLost() throws Exception {
        try (var bench = NetworkBench.plug(backend(), options())) {
            assertFalse(bench.port().isUp());
            assertTrue(bench.send(new byte[60]));
            FarEnd end = farEnd();
            bench.awaitLink(true);
            try (FarEnd second = new FarEnd(UnixDomainSocketAddress.of(folder.resolve("s")))) {
                assertTrue(second.isOver(), "one at a time");
            }
            end.close();
            farEnd = null;
            bench.awaitLink(false);
            exchange(bench, new Random(1));
        }
        assertFalse(Files.exists(folder.resolve("s")), "the socket goes with the port");
    }

    @Test
    void aFarEndThatSendsALengthThatNoFrameHasLosesTheConnection() throws Exception {
        for (int length : new int[] {Frame.MOST_BYTES + 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            try (var bench = NetworkBench.plug(backend(), options())) {
                FarEnd end = farEnd();
                bench.awaitLink(true);
                end.raw(ByteBuffer.allocate(4).putInt(length).array());
                bench.awaitLink(false);
                assertTrue(end.isOver());
                hangUp();
                farEnd = null;
            }
        }
    }

    @Test
    void aFarEndThatFloodsHasToWait() throws Exception {
        try (var bench = NetworkBench.plug(backend(), options())) {
            FarEnd end = farEnd();
            bench.awaitLink(true);
            byte[] frame = new byte[1500];
            var flood = new FutureTask<>(() -> {
                for (int i = 0; i < 20 * QUEUE / 1500; i++) {
                    frame[0] = (byte) i;
                    end.send(frame);
                }
                return true;
            });
            Thread.ofPlatform().daemon().start(flood);
            for (int i = 0; i < 20 * QUEUE / 1500; i++) {
                assertEquals((byte) i, bench.receiveNext()[0]);
            }
            assertTrue(flood.get());
        }
    }

    @Test
    void itCallsAgainUntilTheFarEndIsThereAndWhenItHasGone() throws Exception {
        Path path = folder.resolve("server");
        try (var bench = NetworkBench.plug(backend(), at(path, false))) {
            for (int i = 0; i < 3; i++) {
                try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                    server.bind(UnixDomainSocketAddress.of(path));
                    try (FarEnd end = new FarEnd(server.accept())) {
                        bench.awaitLink(true);
                        bench.sendAll(new byte[60]);
                        assertEquals(60, end.receive().length);
                        bench.swap();
                        end.send(new byte[61]);
                        assertEquals(61, bench.receiveNext().length);
                    }
                }
                Files.delete(path);
                bench.awaitLink(false);
            }
        }
    }

    @Test
    void itSpeaksTcpToo() throws Exception {
        try (ServerSocketChannel server = ServerSocketChannel.open()) {
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = ((InetSocketAddress) server.getLocalAddress()).getPort();
            var options =
                    new StreamOptions(Optional.empty(), "127.0.0.1", port, false, Duration.ofMillis(20), 1500, QUEUE);
            try (var bench = NetworkBench.plug(backend(), options);
                    FarEnd end = new FarEnd(server.accept())) {
                bench.awaitLink(true);
                bench.sendAll(new byte[1514]);
                assertEquals(1514, end.receive().length);
                end.send(new byte[0]);
                end.send(new byte[60]);
                assertEquals(0, bench.receiveNext().length);
                assertEquals(60, bench.receiveNext().length);
            }
        }
    }

    @Test
    void optionsThatCannotBeAreRefused() throws Exception {
        Path none = folder.resolve("none/s");
        assertThrows(ConfigurationException.class, () -> NetworkBench.make(backend(), at(none, true)));
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThrows(ConfigurationException.class, () -> NetworkBench.make(backend(), at(file, true)));
        Path longName = folder.resolve("x".repeat(108));
        assertThrows(ConfigurationException.class, () -> NetworkBench.make(backend(), at(longName, false)));
        var neither = new StreamOptions(Optional.empty(), "127.0.0.1", 0, false, Duration.ofSeconds(1), 1500, QUEUE);
        assertThrows(ConfigurationException.class, () -> NetworkBench.make(backend(), neither));
        try (var bench = NetworkBench.plug(backend(), options())) {
            assertThrows(ConfigurationException.class, () -> NetworkBench.make(backend(), options()), "taken");
            // Whoever asks whether it is taken has called for a moment.
            bench.awaitLink(false);
        }
    }
}
