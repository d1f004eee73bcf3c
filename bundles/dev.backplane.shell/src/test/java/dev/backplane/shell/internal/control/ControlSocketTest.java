package dev.backplane.shell.internal.control;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.shell.command.CommandException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ControlSocketTest {
    @TempDir
    Path folder;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int ctl(Path path, String... words) {
        String[] arguments = new String[words.length + 2];
        arguments[0] = "--socket";
        arguments[1] = path.toString();
        System.arraycopy(words, 0, arguments, 2, words.length);
        err.reset();
        PrintStream errors = new PrintStream(err, true, UTF_8);
        return Ctl.run(arguments, errors, errors);
    }

    private static Frame next(SocketChannel client) throws IOException {
        Frame frame = Frame.read(client);
        if (frame == null) {
            throw new AssertionError("the server has ended");
        }
        return frame;
    }

    private Path path() {
        return folder.resolve("below/control.sock");
    }

    @Test
    void aRequestIsCarriedOutAndItsStatusIsTheClients() throws Exception {
        try (ControlSocket socket = ControlSocket.open(path(), connection -> {
            Request request = connection.request();
            connection.say(request.json() + " " + request.folder() + " " + request.line());
            return 42;
        })) {
            assertEquals(42, ctl(socket.path(), "--json", "vm list"));
            assertEquals("backplane: true " + Path.of("").toAbsolutePath() + " vm list\n", err.toString(UTF_8));
            assertEquals(42, ctl(socket.path(), "--", "device", "add", "{type: x, id: it's}", "-x"));
            assertTrue(err.toString(UTF_8).endsWith(" device add '{type: x, id: it'\"'\"'s}' -x\n"), err::toString);
        }
        assertFalse(Files.exists(path()));
    }

    @Test
    void theSocketAndAFolderThatIsMadeForItAreTheOwnersAlone() throws Exception {
        ControlSocket socket = ControlSocket.open(path(), connection -> 0);
        try (socket) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path())));
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path().getParent())));
            try (var files = Files.list(path().getParent())) {
                assertEquals(List.of(path()), files.toList());
            }
        }
    }

    @Test
    void aSocketThatNobodyServesIsTakenOverAndAnotherIsNot() throws Exception {
        Files.createDirectories(path().getParent());
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(path()));
        }
        ControlSocket socket = ControlSocket.open(path(), connection -> 0);
        try (socket) {
            assertEquals(0, ctl(path(), "x"));
            CommandException second =
                    assertThrows(CommandException.class, () -> ControlSocket.open(path(), connection -> 1));
            assertTrue(second.getMessage().contains("another process serves there"), second.getMessage());
            assertEquals(0, ctl(path(), "x"));
        }
        Files.writeString(path(), "precious");
        assertThrows(CommandException.class, () -> ControlSocket.open(path(), connection -> 1));
        assertEquals("precious", Files.readString(path()));
    }

    @Test
    void aClientWithoutAServerIsToldWhatToDo() {
        assertEquals(1, ctl(path(), "vm list"));
        String told = err.toString(UTF_8);
        assertTrue(told.startsWith("backplane: nobody serves at " + path()), told);
        assertEquals(1, told.lines().count(), told);
        assertEquals(1, ctl(Path.of("/" + "x".repeat(200)), "vm list"));
        assertEquals(1, err.toString(UTF_8).lines().count(), err::toString);
        assertEquals(2, ctl(path(), "--yaml", "vm list"));
        assertEquals(2, Ctl.run(new String[] {"--socket"}, new PrintStream(err), new PrintStream(err)));
        assertEquals(0, ctl(path(), "--help"));
    }

    @Test
    void whateverAClientSendsOthersAreServed() throws Exception {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        Random random = new Random(seed);
        ControlSocket socket = ControlSocket.open(path(), connection -> 7);
        try (socket) {
            for (int i = 0; i < 100; i++) {
                try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path()))) {
                    byte[] bytes = new byte[random.nextInt(200)];
                    random.nextBytes(bytes);
                    if (bytes.length > 0 && random.nextBoolean()) {
                        bytes[0] = (byte) "QIEWKOXS".charAt(random.nextInt(8));
                    }
                    client.write(ByteBuffer.wrap(bytes));
                } catch (IOException e) {
                    // It was cut off.
                }
                if (i % 10 == 0) {
                    assertEquals(7, ctl(path(), "x"), "-Dbackplane.seed=" + seed);
                }
            }
        }
    }

    @Test
    void aRequestOfAnotherVersionIsRefusedInWords() throws Exception {
        ControlSocket socket = ControlSocket.open(path(), connection -> 7);
        try (socket;
                SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path()))) {
            Frame.of(Frame.Kind.REQUEST, "2\0x").write(client);
            String answer = next(client).text();
            assertTrue(answer.contains("another version"), answer);
            assertEquals("1", next(client).text());
            assertNull(Frame.read(client));
        }
    }

    @Test
    void whatIsTypedArrivesAsFarAsThereIsRoomAndEnds() throws Exception {
        byte[] typed = new byte[100_000];
        new Random(1).nextBytes(typed);
        ByteArrayOutputStream arrived = new ByteArrayOutputStream();
        ControlSocket socket = ControlSocket.open(path(), connection -> {
            connection.input().transferTo(arrived);
            return 3;
        });
        try (socket;
                SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path()))) {
            new Request(false, false, 0, 0, "", "/", List.of("x")).frame().write(client);
            assertEquals(Frame.Kind.KEYS, next(client).kind());
            for (int at = 0; at < typed.length; at += 10_000) {
                byte[] piece = Arrays.copyOfRange(typed, at, at + 10_000);
                new Frame(Frame.Kind.INPUT, piece).write(client);
            }
            new Frame(Frame.Kind.END, new byte[0]).write(client);
            assertEquals("3", next(client).text());
        }
        assertArrayEquals(typed, arrived.toByteArray());
    }

    @Test
    void aClientThatGoesAwayEndsItsInputAndItsCommandGoesOn() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        ControlSocket socket = ControlSocket.open(path(), connection -> {
            assertEquals(-1, connection.input().read());
            connection.say("nobody hears");
            assertTrue(connection.isGone());
            done.countDown();
            return 0;
        });
        try (socket) {
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(path()))) {
                new Request(false, true, 80, 24, "xterm", "/", List.of("x"))
                        .frame()
                        .write(client);
                assertEquals(Frame.Kind.KEYS, next(client).kind());
            }
            done.await();
        }
    }
}
