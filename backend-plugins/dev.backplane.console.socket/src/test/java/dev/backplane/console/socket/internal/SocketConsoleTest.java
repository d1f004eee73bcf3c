package dev.backplane.console.socket.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.part.Deadline;
import dev.backplane.api.part.Resumption;
import dev.backplane.testkit.ConsoleBench;
import dev.backplane.testkit.ConsoleContract;
import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SocketConsoleTest extends ConsoleContract<SocketOptions, SocketState> {
    private static final int ROOMY = 1 << 20;

    @TempDir
    Path folder = Path.of("");

    @Override
    protected ConsoleBackend<SocketOptions, SocketState> backend() {
        return new SocketConsole();
    }

    @Override
    protected SocketOptions options() {
        return new SocketOptions(path(), ROOMY);
    }

    @Override
    protected FarEnd farEnd() throws IOException {
        return new Client(path());
    }

    @Test
    void theLatestOutputWaitsForTheNextClient() throws Exception {
        try (var bench = ConsoleBench.plug(backend(), new SocketOptions(path(), 16))) {
            bench.writeAll("0123456789abcdefghij".getBytes(US_ASCII));
            bench.swap();
            try (FarEnd client = farEnd()) {
                assertEquals("456789abcdefghij", new String(client.receive(16), US_ASCII));
            }
        }
    }

    @Test
    void aClientThatComesAgainGoesOn() throws Exception {
        try (var bench = ConsoleBench.plug(backend(), options())) {
            for (String words : new String[] {"one", "two", "three"}) {
                try (FarEnd client = farEnd()) {
                    bench.writeAll(words.getBytes(US_ASCII));
                    assertEquals(words, new String(client.receive(words.length()), US_ASCII));
                    client.send("ok".getBytes(US_ASCII));
                    assertEquals("ok", new String(bench.readAll(2), US_ASCII));
                }
            }
        }
    }

    @Test
    void aSecondClientIsTurnedAwayAndTheFirstStaysAlsoThroughASwap() throws Exception {
        try (var bench = ConsoleBench.plug(backend(), options());
                FarEnd first = farEnd()) {
            bench.writeAll(new byte[] {1});
            assertArrayEquals(new byte[] {1}, first.receive(1));
            for (int i = 0; i < 2; i++) {
                try (FarEnd second = farEnd()) {
                    assertThrows(EOFException.class, () -> second.receive(1));
                }
                bench.swap();
            }
            first.send(new byte[] {7});
            assertArrayEquals(new byte[] {7}, bench.readAll(1));
        }
    }

    @Test
    void aClientThatReadsNothingFillsTheConsoleAndItsLeavingFreesIt() throws Exception {
        byte[] many = new byte[16 * ROOMY];
        try (var bench = ConsoleBench.plug(backend(), new SocketOptions(path(), 1000))) {
            try (FarEnd client = farEnd()) {
                bench.writeAll(new byte[] {1});
                client.receive(1);
                int written = 0;
                // A refusal counts once the socket's own buffer has had time to take what it can.
                while (written < many.length && (bench.write((byte) 2) || writesLater(bench))) {
                    written++;
                }
                assertTrue(written >= 1000 && written < many.length, written + " bytes");
                // It comes to rest all the same.
                bench.quiesce(Deadline.in(Duration.ofMillis(500)));
                bench.resume(new Resumption(Resumption.Cause.PAUSE, Duration.ZERO));
            }
            bench.writeAll(many);
        }
    }

    @Test
    void inputBeyondTheQueueWaitsInTheClient() throws Exception {
        byte[] typed = new byte[4 * SocketState.INPUT_BYTES];
        for (int i = 0; i < typed.length; i++) {
            typed[i] = (byte) (i * 7);
        }
        try (var bench = ConsoleBench.plug(backend(), options());
                FarEnd client = farEnd()) {
            client.send(typed);
            assertArrayEquals(Arrays.copyOf(typed, 10), bench.readAll(10));
            bench.swap();
            assertArrayEquals(Arrays.copyOfRange(typed, 10, typed.length), bench.readAll(typed.length - 10));
        }
    }

    @Test
    void theSocketIsTheOwnersAloneAndGoneAtTheEnd() throws IOException {
        try (var bench = ConsoleBench.plug(backend(), options())) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path())));
            bench.swap();
            bench.swapAndRollBack();
            assertTrue(Files.exists(path()));
        }
        assertFalse(Files.exists(path()));
    }

    @Test
    void aSocketThatAProcessLeftBehindIsReplacedAndOneInUseIsNot() throws Exception {
        try (var left = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            left.bind(UnixDomainSocketAddress.of(path()));
            assertRefused(path(), "in use");
        }
        assertTrue(Files.exists(path()));
        ConsoleBench.plug(backend(), options()).close();
    }

    @Test
    void whatIsNoSocketIsLeftAlone() throws IOException {
        Files.writeString(path(), "precious");
        assertRefused(path(), "no socket");
        assertEquals("precious", Files.readString(path()));
    }

    @Test
    void aNameThatIsTooLongOrInNoFolderIsRefused() {
        assertRefused(folder.resolve("x".repeat(120)), "at most 107");
        assertRefused(folder.resolve("missing/com1.sock"), "folder does not exist");
    }

    private static boolean writesLater(ConsoleBench<?, ?> bench) throws InterruptedException {
        Thread.sleep(50);
        return bench.write((byte) 2);
    }

    private void assertRefused(Path path, String reason) {
        ConfigurationException error = assertThrows(
                ConfigurationException.class, () -> ConsoleBench.make(backend(), new SocketOptions(path, ROOMY)));
        assertTrue(error.getMessage().contains(path.toString()), error::toString);
        assertTrue(error.getMessage().contains(reason), error::toString);
    }

    private Path path() {
        return folder.resolve("com1.sock");
    }

    /** Whoever is connected. */
    private static final class Client implements FarEnd {
        private final SocketChannel channel;

        Client(Path path) throws IOException {
            channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
        }

        @Override
        public byte[] receive(int count) throws IOException {
            ByteBuffer bytes = ByteBuffer.allocate(count);
            while (bytes.hasRemaining()) {
                if (channel.read(bytes) < 0) {
                    throw new EOFException("the console ended the connection");
                }
            }
            return bytes.array();
        }

        @Override
        public void send(byte[] bytes) throws IOException {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
