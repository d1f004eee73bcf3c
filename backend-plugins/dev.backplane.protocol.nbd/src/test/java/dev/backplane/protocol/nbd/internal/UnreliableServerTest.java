package dev.backplane.protocol.nbd.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.nbd.NbdExport;
import dev.backplane.nbd.NbdServer;
import dev.backplane.nbd.NbdServerOptions;
import dev.backplane.nbd.wire.ExportInfo;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.Text;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A server that goes away, lies or is silent costs its own requests time or an error, and nothing else. */
@Timeout(120)
class UnreliableServerTest {
    private static final Duration NONE = Duration.ofMillis(1);
    private static final Duration LONG = Duration.ofSeconds(90);
    private static final int FLAGS = Nbd.FLAG_HAS_FLAGS
            | Nbd.FLAG_SEND_FLUSH
            | Nbd.FLAG_SEND_TRIM
            | Nbd.FLAG_SEND_WRITE_ZEROES
            | Nbd.FLAG_SEND_FUA;
    private static final ExportInfo INFO = new ExportInfo(1 << 20, FLAGS, 1, 4096, 32 << 20);

    @TempDir
    Path folder = Path.of("");

    private StorageBench<NbdOptions, NbdState> plug(Duration timeout, Duration reconnect) {
        return StorageBench.plug(
                new NbdProtocol(), Options.of(folder.resolve("s"), timeout, reconnect), new TestMachine());
    }

    private NbdServer serve(MemoryStorage disk) throws IOException {
        return NbdServer.start(
                new NbdServerOptions(UnixDomainSocketAddress.of(folder.resolve("s"))),
                List.of(new NbdExport("", "", disk, false, true)));
    }

    private static byte[] read(StorageBench<?, ?> bench, long offset, int length) throws StorageException {
        byte[] bytes = new byte[length];
        bench.layer().read(offset, MemorySegment.ofArray(bytes));
        return bytes;
    }

    private enum Lie {
        UNKNOWN_MAGIC,
        UNKNOWN_COOKIE,
        ANSWERED_TWICE,
        SIMPLE_DATA,
        DATA_ELSEWHERE,
        DATA_BEYOND,
        DATA_TWICE,
        DATA_LEFT_OUT,
        NOTHING,
        HOLE_TOO_LONG,
        ENDLESS_ERRORS,
        ERROR_OF_NONE,
        LONG_WORDS,
        STATUS_OF_A_READ,
        UNKNOWN_CHUNK,
        END
    }

    private static void lie(Lie lie, Liar.Conversation to, long cookie, long offset, int length) throws IOException {
        int done = Nbd.REPLY_FLAG_DONE;
        switch (lie) {
            case UNKNOWN_MAGIC -> to.transport().write(ByteBuffer.allocate(64));
            case UNKNOWN_COOKIE -> to.chunk(cookie + 1, Nbd.REPLY_TYPE_NONE, done, ByteBuffer.allocate(0));
            case ANSWERED_TWICE -> {
                ByteBuffer body = ByteBuffer.allocate(8 + length).putLong(0, offset);
                to.chunk(cookie, Nbd.REPLY_TYPE_OFFSET_DATA, done, body.duplicate());
                to.chunk(cookie, Nbd.REPLY_TYPE_OFFSET_DATA, done, body);
            }
            case SIMPLE_DATA -> {
                ByteBuffer head = ByteBuffer.allocate(16 + length)
                        .putInt(Nbd.SIMPLE_REPLY_MAGIC)
                        .putInt(0)
                        .putLong(cookie);
                to.transport().write(head.rewind());
            }
            case DATA_ELSEWHERE ->
                to.chunk(
                        cookie,
                        Nbd.REPLY_TYPE_OFFSET_DATA,
                        done,
                        ByteBuffer.allocate(8 + length).putLong(0, offset - 1));
            case DATA_BEYOND ->
                to.chunk(
                        cookie,
                        Nbd.REPLY_TYPE_OFFSET_DATA,
                        done,
                        ByteBuffer.allocate(9 + length).putLong(0, offset));
            case DATA_TWICE -> {
                ByteBuffer half = ByteBuffer.allocate(8 + length / 2).putLong(0, offset);
                to.chunk(cookie, Nbd.REPLY_TYPE_OFFSET_DATA, 0, half.duplicate());
                to.chunk(cookie, Nbd.REPLY_TYPE_OFFSET_DATA, done, half);
            }
            case DATA_LEFT_OUT ->
                to.chunk(
                        cookie,
                        Nbd.REPLY_TYPE_OFFSET_DATA,
                        done,
                        ByteBuffer.allocate(7 + length).putLong(0, offset));
            case NOTHING -> to.chunk(cookie, Nbd.REPLY_TYPE_NONE, done, ByteBuffer.allocate(0));
            case HOLE_TOO_LONG ->
                to.chunk(
                        cookie,
                        Nbd.REPLY_TYPE_OFFSET_HOLE,
                        done,
                        ByteBuffer.allocate(12).putLong(offset).putInt(-1).flip());
            case ENDLESS_ERRORS -> {
                for (int i = 0; i < 1000; i++) {
                    to.chunk(
                            cookie,
                            Nbd.REPLY_TYPE_ERROR,
                            0,
                            ByteBuffer.allocate(6).putInt(0, 5));
                }
            }
            case ERROR_OF_NONE -> to.chunk(cookie, Nbd.REPLY_TYPE_ERROR, done, ByteBuffer.allocate(6));
            case LONG_WORDS ->
                to.chunk(
                        cookie,
                        Nbd.REPLY_TYPE_ERROR,
                        done,
                        ByteBuffer.allocate(6).putInt(5).putShort((short) -1).flip());
            case STATUS_OF_A_READ ->
                to.chunk(
                        cookie,
                        Nbd.REPLY_TYPE_BLOCK_STATUS,
                        done,
                        ByteBuffer.allocate(12).putInt(0, 9));
            case UNKNOWN_CHUNK -> to.chunk(cookie, 77, done, ByteBuffer.allocate(5));
            case END -> to.transport().close();
        }
    }

    @ParameterizedTest
    @EnumSource(Lie.class)
    void aLieEndsTheConnectionAndTheRequestIsMadeAgain(Lie lie) throws Exception {
        try (Liar server = new Liar(folder.resolve("s"), INFO, (to, request) -> {
                    if (to.number() == 1) {
                        lie(lie, to, request.cookie(), request.offset(), (int) request.length());
                    } else {
                        to.serve(request);
                    }
                });
                var bench = plug(LONG, LONG)) {
            assertArrayEquals(new byte[4096], read(bench, 4096, 4096));
            // The second answer to one question is found when the next one is awaited.
            assertArrayEquals(new byte[512], read(bench, 512, 512));
            assertEquals(2, server.connections());
        }
    }

    @ParameterizedTest
    @EnumSource(Lie.class)
    void aServerThatAlwaysLiesIsGivenUpAfterAWhile(Lie lie) throws Exception {
        if (lie == Lie.ANSWERED_TWICE) {
            // The first answer is one.
            return;
        }
        try (Liar _ = new Liar(
                        folder.resolve("s"),
                        INFO,
                        (to, request) -> lie(lie, to, request.cookie(), request.offset(), (int) request.length()));
                var bench = plug(LONG, NONE)) {
            var failed = assertThrows(StorageException.class, () -> read(bench, 4096, 4096));
            assertEquals(StorageException.Kind.IO, failed.kind());
            assertTrue(
                    failed.getMessage().contains("read of 4096 bytes at 4096: the server has been gone"),
                    failed::getMessage);
        }
    }

    @Test
    void aServerThatNeverAnswersIsGivenUpAndAskedAgain() throws Exception {
        try (Liar server = new Liar(folder.resolve("s"), INFO, (to, request) -> {
                    if (to.number() > 1) {
                        to.serve(request);
                    }
                });
                var bench = plug(Duration.ofMillis(300), LONG)) {
            assertArrayEquals(new byte[512], read(bench, 0, 512));
            bench.layer().write(0, MemorySegment.ofArray(new byte[100_000]));
            assertTrue(server.connections() >= 2);
        }
    }

    @Test
    void aServerThatDoesNotAnswerKeepsNoLayerInItsPlace() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        try (Liar server = new Liar(folder.resolve("s"), INFO, (to, request) -> {
                    if (to.number() == 1) {
                        asked.countDown();
                    } else {
                        to.serve(request);
                    }
                });
                var bench = plug(LONG, LONG)) {
            FutureTask<byte[]> reading = new FutureTask<>(() -> read(bench, 0, 512));
            Thread.ofPlatform().daemon().start(reading);
            asked.await();
            assertFalse(bench.swap().connected());
            var failed = assertThrows(ExecutionException.class, reading::get);
            assertEquals(StorageException.Kind.AWAY, ((StorageException) failed.getCause()).kind());
            assertArrayEquals(new byte[512], read(bench, 0, 512));
            assertEquals(2, server.connections());
        }
    }

    @Test
    void whatTheServerSaysAboutAnErrorIsTold() throws Exception {
        try (Liar server = new Liar(folder.resolve("s"), INFO, (to, request) -> {
                    byte[] words = Text.bytes("the dog ate it");
                    ByteBuffer body = ByteBuffer.allocate(6 + words.length)
                            .putInt(Nbd.ENOSPC)
                            .putShort((short) words.length)
                            .put(words);
                    to.chunk(request.cookie(), Nbd.REPLY_TYPE_ERROR, Nbd.REPLY_FLAG_DONE, body.flip());
                });
                var bench = plug(LONG, LONG)) {
            var failed = assertThrows(
                    StorageException.class, () -> bench.layer().write(7, MemorySegment.ofArray(new byte[3])));
            assertEquals(StorageException.Kind.NO_SPACE, failed.kind());
            assertEquals(
                    "nbd unix:%s: write of 3 bytes at 7: the server answers with error 28: the dog ate it"
                            .formatted(folder.resolve("s")),
                    failed.getMessage());
            assertEquals(1, server.connections());
        }
    }

    @Test
    void extentsOfOtherContextsOrOfNothingAreLies() throws Exception {
        try (Liar server = new Liar(folder.resolve("s"), INFO, (to, request) -> {
                    ByteBuffer body = ByteBuffer.allocate(12)
                            .putInt(to.number() == 1 ? 8 : 9)
                            .putInt(to.number() == 2 ? 0 : 4096)
                            .putInt(3);
                    to.chunk(request.cookie(), Nbd.REPLY_TYPE_BLOCK_STATUS, Nbd.REPLY_FLAG_DONE, body.flip());
                });
                var bench = plug(LONG, LONG)) {
            Extent extent = ((MappedStorage) bench.layer()).extent(512, 100_000);
            assertEquals(new Extent(512, 4096, Extent.Kind.ZERO), extent);
            assertEquals(3, server.connections());
        }
    }

    @Test
    void requestsInFlightAreMadeAgainByAServerThatHasComeBack() throws Exception {
        MemoryStorage disk = new MemoryStorage();
        int requests = 8;
        CountDownLatch arrived = new CountDownLatch(requests);
        Liar silent = new Liar(folder.resolve("s"), INFO, (to, request) -> arrived.countDown());
        try (var bench = plug(LONG, LONG)) {
            List<FutureTask<?>> tasks = new ArrayList<>();
            for (int i = 0; i < requests; i++) {
                byte[] bytes = {(byte) (i + 1)};
                long offset = i * 4096L;
                FutureTask<?> task = new FutureTask<>(() -> {
                    bench.layer().write(offset, MemorySegment.ofArray(bytes));
                    return null;
                });
                tasks.add(task);
                Thread.ofPlatform().daemon().start(task);
            }
            arrived.await();
            silent.close();
            try (NbdServer _ = serve(disk)) {
                for (FutureTask<?> task : tasks) {
                    task.get();
                }
                for (int i = 0; i < requests; i++) {
                    assertEquals(i + 1, disk.bytes().get(ValueLayout.JAVA_BYTE, i * 4096L));
                }
                assertEquals(4096, read(bench, 0, 4096).length);
            }
        }
    }

    @Test
    void anotherExportInItsPlaceIsNotTakenForIt() throws Exception {
        MemoryStorage disk = new MemoryStorage();
        NbdServer server = serve(disk);
        try (var bench = plug(LONG, Duration.ofMillis(500))) {
            assertEquals(512, read(bench, 0, 512).length);
            server.close();
            disk.resize(2 << 20);
            try (NbdServer _ = serve(disk)) {
                var failed = assertThrows(StorageException.class, () -> read(bench, 0, 512));
                assertTrue(
                        failed.getMessage().endsWith("the export has 2097152 bytes now: expected 1048576"),
                        failed::getMessage);
            }
        }
    }

    @Test
    void aSuccessorGoesOnWithTheConnectionAndOneOfAnotherProcessMakesItsOwn() throws Exception {
        try (Liar server = new Liar(folder.resolve("s"), INFO, (to, request) -> to.serve(request));
                var bench = plug(LONG, LONG)) {
            read(bench, 0, 512);
            NbdState state = bench.swap();
            assertTrue(state.connected());
            read(bench, 0, 512);
            assertEquals(1, server.connections());
            try (var elsewhere =
                    StorageBench.make(new NbdProtocol(), Options.of(folder.resolve("s")), new TestMachine())) {
                assertEquals(1 << 20, elsewhere.layer().capacityBytes());
            }
        }
    }

    @Test
    void serversWithLargeBlocksAreAskedForWholeOnes() throws Exception {
        byte[] disk = new byte[1 << 20];
        ExportInfo blocks = new ExportInfo(disk.length, FLAGS & ~Nbd.FLAG_SEND_WRITE_ZEROES, 4096, 4096, 8192);
        List<String> wrong = new ArrayList<>();
        try (Liar server = new Liar(folder.resolve("s"), blocks, (to, request) -> {
                    if ((request.offset() | request.length()) % 4096 != 0
                            || request.type() != Nbd.CMD_TRIM && request.length() > 8192) {
                        wrong.add(request.offset() + " " + request.length());
                    }
                    to.serve(request);
                });
                var bench = plug(LONG, LONG);
                Arena arena = Arena.ofConfined()) {
            bench.layer().write(4095, arena.allocate(2));
            bench.layer().write(8192, arena.allocate(20_000));
            bench.layer().read(1, arena.allocate(30_000));
            bench.layer().zero(100, 50_000, true);
            bench.layer().discard(100, 50_000);
            assertEquals(List.of(), wrong);
            assertEquals(1, server.connections());
        }
    }

    @Test
    void serversThatCannotBeUsedAreSaidWhy() throws Exception {
        var nobody = assertThrows(
                StorageException.class,
                () -> StorageBench.make(new NbdProtocol(), Options.of(folder.resolve("nobody")), new TestMachine()));
        assertTrue(
                nobody.getMessage().startsWith("nbd unix:" + folder.resolve("nobody") + " cannot be used: "),
                nobody::getMessage);
        NbdOptions nowhere = new NbdOptions(
                java.util.Optional.empty(),
                java.util.Optional.empty(),
                1,
                java.util.Optional.empty(),
                false,
                java.util.Optional.empty(),
                LONG,
                LONG);
        assertThrows(
                ConfigurationException.class, () -> StorageBench.make(new NbdProtocol(), nowhere, new TestMachine()));
    }
}
