package dev.backplane.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.storage.StorageException;
import dev.backplane.nbd.wire.MetaContexts;
import dev.backplane.nbd.wire.Nbd;
import dev.backplane.nbd.wire.Option;
import dev.backplane.nbd.wire.OptionReply;
import dev.backplane.nbd.wire.Text;
import dev.backplane.testkit.MemoryStorage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class NbdServerTest {
    @TempDir
    Path folder = Path.of("");

    private final MemoryStorage disk = new MemoryStorage();
    private NbdServer server;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void start() throws IOException {
        server = serve(new NbdExport("", "a disk", disk, false, true));
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private NbdServer serve(NbdExport... exports) throws IOException {
        var address = UnixDomainSocketAddress.of(folder.resolve("s" + open.size()));
        NbdServer started = NbdServer.start(new NbdServerOptions(address), List.of(exports));
        open.add(started);
        return started;
    }

    private TestClient client(NbdServer of, boolean structured) throws IOException {
        TestClient client = TestClient.using(of.address(), structured);
        open.add(client);
        return client;
    }

    private TestClient greeted(NbdServer of) throws IOException {
        TestClient client = new TestClient(of.address());
        open.add(client);
        return client.hello();
    }

    private static int last(List<OptionReply> replies) {
        return replies.getLast().type();
    }

    private static byte[] random(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    // Negotiation

    @Test
    void anExportIsDescribed() throws Exception {
        TestClient client = client(server, true);
        assertEquals(1 << 20, client.info().bytes());
        assertEquals(1, client.info().minimumBlock());
        assertEquals(Nbd.MAX_PAYLOAD_BYTES, client.info().maximumPayload());
        for (int flag : new int[] {
            Nbd.FLAG_HAS_FLAGS,
            Nbd.FLAG_SEND_FLUSH,
            Nbd.FLAG_SEND_FUA,
            Nbd.FLAG_SEND_TRIM,
            Nbd.FLAG_SEND_WRITE_ZEROES,
            Nbd.FLAG_SEND_DF,
            Nbd.FLAG_CAN_MULTI_CONN
        }) {
            assertTrue(client.info().has(flag), "flag " + flag);
        }
        assertFalse(client.info().has(Nbd.FLAG_READ_ONLY));
    }

    @Test
    void whatIsNotKnownOrMalformedIsRefusedAndTheConversationGoesOn() throws Exception {
        TestClient client = greeted(server);
        assertEquals(Nbd.REP_ERR_UNSUP, last(client.ask(4711)));
        assertEquals(Nbd.REP_ERR_UNKNOWN, last(client.go("nothing")));
        assertEquals(Nbd.REP_ERR_INVALID, last(client.ask(Nbd.OPT_GO)));
        assertEquals(
                Nbd.REP_ERR_INVALID,
                last(client.ask(Nbd.OPT_GO, ByteBuffer.allocate(4).putInt(-1).flip())));
        assertEquals(Nbd.REP_ERR_INVALID, last(client.ask(Nbd.OPT_LIST, ByteBuffer.allocate(1))));
        assertEquals(Nbd.REP_ERR_INVALID, last(client.ask(Nbd.OPT_STRUCTURED_REPLY, ByteBuffer.allocate(1))));
        assertEquals(Nbd.REP_ERR_POLICY, last(client.ask(Nbd.OPT_STARTTLS)));
        ByteBuffer contexts = new MetaContexts("", List.of(Nbd.BASE_ALLOCATION)).encode();
        // Without structured replies there is no metadata.
        assertEquals(Nbd.REP_ERR_INVALID, last(client.ask(Nbd.OPT_SET_META_CONTEXT, contexts)));
        client.must(client.ask(Nbd.OPT_STRUCTURED_REPLY));
        assertEquals(Nbd.REP_ERR_INVALID, last(client.ask(Nbd.OPT_SET_META_CONTEXT, ByteBuffer.allocate(3))));
        client.must(client.go(""));
        assertEquals(1, client.read(0, 1).length);
    }

    @Test
    void contextsOfAnotherExportDoNotCount() throws Exception {
        NbdServer two = serve(
                new NbdExport("a", "", new MemoryStorage(), false, true),
                new NbdExport("b", "", new MemoryStorage(), false, true));
        TestClient client = greeted(two);
        client.must(client.ask(Nbd.OPT_STRUCTURED_REPLY));
        client.must(client.ask(Nbd.OPT_SET_META_CONTEXT, new MetaContexts("a", List.of(Nbd.BASE_ALLOCATION)).encode()));
        client.must(client.go("b"));
        client.request(Nbd.CMD_BLOCK_STATUS, 0, 1, 0, 512);
        assertEquals(Nbd.EINVAL, client.answer(0).error());
    }

    @Test
    void exportsAreListedWithTheirDescriptions() throws Exception {
        NbdServer two =
                serve(new NbdExport("a", "first", disk, false, true), new NbdExport("b", "second", disk, true, true));
        TestClient client = greeted(two);
        List<OptionReply> listed = client.ask(Nbd.OPT_LIST);
        assertEquals(3, listed.size());
        assertEquals("a", Text.get(listed.get(0).data(), "name"));
        assertEquals(
                "first", Text.get(listed.get(0).data(), listed.get(0).data().remaining(), "description"));
        assertEquals(Nbd.REP_ERR_UNKNOWN, last(client.go("")));
        client.must(client.go("b"));
        assertTrue(client.info().has(Nbd.FLAG_READ_ONLY));
        client.write(1, 0, new byte[512]);
        assertEquals(Nbd.EPERM, client.answer(0).error());
        for (int type : new int[] {Nbd.CMD_TRIM, Nbd.CMD_WRITE_ZEROES}) {
            client.request(type, 0, 2, 0, 512);
            assertEquals(Nbd.EPERM, client.answer(0).error());
        }
    }

    @Test
    void theOldWayOfChoosingAnExportWorksToo() throws Exception {
        TestClient client = greeted(server);
        client.send(ByteBuffer.allocate(16)
                .putLong(Nbd.OPTION_MAGIC)
                .putInt(Nbd.OPT_EXPORT_NAME)
                .putInt(0));
        ByteBuffer answer = client.inbox().take(10);
        assertEquals(1 << 20, answer.getLong());
        answer.getShort();
        disk.write(5, MemorySegment.ofArray(new byte[] {9}));
        assertArrayEquals(new byte[] {0, 9, 0}, client.read(4, 3));
    }

    @Test
    void aClientThatTalksNonsenseIsSentAwayAndOthersAreServed() throws Exception {
        TestClient good = client(server, false);
        for (ByteBuffer nonsense : new ByteBuffer[] {
            ByteBuffer.allocate(16).putLong(1).putInt(Nbd.OPT_GO).putInt(0),
            ByteBuffer.allocate(16).putLong(Nbd.OPTION_MAGIC).putInt(Nbd.OPT_GO).putInt(-1),
            ByteBuffer.allocate(16).putLong(Nbd.OPTION_MAGIC).putInt(Nbd.OPT_GO).putInt(Option.MAX_DATA_BYTES + 1),
        }) {
            TestClient bad = greeted(server);
            bad.send(nonsense);
            assertTrue(bad.isEnded());
        }
        TestClient bad = client(server, false);
        bad.send(ByteBuffer.allocate(28).putInt(0x1234).position(28));
        assertTrue(bad.isEnded());
        TestClient greedy = client(server, false);
        greedy.request(Nbd.CMD_WRITE, 0, 1, 0, Nbd.MAX_PAYLOAD_BYTES + 1L);
        assertTrue(greedy.isEnded());
        assertEquals(3, good.read(0, 3).length);
    }

    @Test
    void aClientThatDoesNothingLosesItsPlace() throws Exception {
        var address = UnixDomainSocketAddress.of(folder.resolve("impatient"));
        var options = new NbdServerOptions(address, 1, Optional.empty(), false, Duration.ZERO);
        open.add(NbdServer.start(options, List.of(new NbdExport("", "", disk, false, true))));
        TestClient idle = new TestClient(address);
        open.add(idle);
        assertThrows(IOException.class, () -> idle.inbox().skip(Long.MAX_VALUE));
    }

    @Test
    void moreClientsThanAllowedAreTurnedAway() throws Exception {
        var address = UnixDomainSocketAddress.of(folder.resolve("two"));
        var options = new NbdServerOptions(address, 2, Optional.empty(), false, Duration.ofHours(1));
        open.add(NbdServer.start(options, List.of(new NbdExport("", "", disk, false, true))));
        TestClient one = TestClient.using(address, false);
        open.add(one);
        TestClient two = TestClient.using(address, false);
        open.add(two);
        TestClient three = new TestClient(address);
        open.add(three);
        assertTrue(three.isEnded());
        assertEquals(1, one.read(0, 1).length);
        assertEquals(1, two.read(0, 1).length);
    }

    // Requests

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void rangesThatAreNotWithinTheExportAreRefusedAndNothingHappens(boolean structured) throws Exception {
        TestClient client = client(server, structured);
        long end = 1 << 20;
        record Range(long offset, long length) {}
        for (Range range : new Range[] {
            new Range(end, 1),
            new Range(end - 1, 2),
            new Range(-1, 1),
            new Range(Long.MIN_VALUE, 1),
            new Range(1, end),
            new Range(Long.MAX_VALUE, 1)
        }) {
            client.request(Nbd.CMD_READ, 0, 1, range.offset, range.length);
            assertEquals(Nbd.EINVAL, client.answer(0).error(), range.toString());
            client.request(Nbd.CMD_TRIM, 0, 1, range.offset, range.length);
            assertEquals(Nbd.EINVAL, client.answer(0).error(), range.toString());
            client.write(2, range.offset, new byte[(int) range.length]);
            assertEquals(Nbd.ENOSPC, client.answer(0).error(), range.toString());
        }
        client.request(Nbd.CMD_READ, 0, 1, 0, 0xffff_ffffL);
        assertEquals(Nbd.EINVAL, client.answer(0).error());
        client.request(Nbd.CMD_WRITE_ZEROES, 0, 1, 1, 0xffff_ffffL);
        assertEquals(Nbd.ENOSPC, client.answer(0).error());
        client.request(99, 0, 3, 0, 0);
        assertEquals(Nbd.EINVAL, client.answer(0).error());
        client.request(Nbd.CMD_READ, 0x80, 3, 0, 1);
        assertEquals(Nbd.EINVAL, client.answer(0).error());
        client.request(Nbd.CMD_READ, 0, 1, end, 0);
        assertEquals(0, client.answer(0).error());
        assertArrayEquals(new byte[1 << 20], client.read(0, 1 << 20));
    }

    @Test
    void anExportThatBecomesShorterIsBoundedByItsNewLength() throws Exception {
        TestClient client = client(server, true);
        disk.resize(4096);
        client.request(Nbd.CMD_READ, 0, 1, 4096, 1);
        assertEquals(Nbd.EINVAL, client.answer(0).error());
        client.write(1, 4000, new byte[512]);
        assertEquals(Nbd.ENOSPC, client.answer(0).error());
        client.request(Nbd.CMD_BLOCK_STATUS, 0, 1, 0, 8192);
        assertEquals(Nbd.EINVAL, client.answer(0).error());
        assertEquals(4096, client.read(0, 4096).length);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void largeReadsAndWritesOfEveryLengthArriveWhole(boolean structured) throws Exception {
        disk.resize(40 << 20);
        TestClient client = client(server, structured);
        for (int length :
                new int[] {1, 511, 16 << 10, (16 << 10) + 1, 200_000, 1 << 20, (1 << 20) + 1, 5_000_000, 32 << 20}) {
            byte[] bytes = random(length, length);
            client.write(length, 12345, bytes);
            assertEquals(0, client.answer(0).error());
            assertArrayEquals(bytes, client.read(12345, length));
            client.request(Nbd.CMD_READ, structured ? Nbd.CMD_FLAG_DF : 0, 5, 12345, length);
            assertArrayEquals(bytes, client.answer(length).data());
        }
    }

    @Test
    void aWriteThatMustBeStableIsFlushedBeforeItIsAnswered() throws Exception {
        TestClient client = client(server, true);
        client.request(Nbd.CMD_WRITE_ZEROES, Nbd.CMD_FLAG_FUA, 1, 0, 512);
        assertEquals(0, client.answer(0).error());
        assertEquals(1, disk.flushes());
        client.request(Nbd.CMD_FLUSH, 0, 1, 0, 0);
        assertEquals(0, client.answer(0).error());
        assertEquals(2, disk.flushes());
    }

    @Test
    void faultsOfTheStorageAreErrorsOfTheirRequestsOnly() throws Exception {
        TestClient client = client(
                serve(new NbdExport(
                        "", "", new Gated(disk, new CountDownLatch(0), new CountDownLatch(0)), false, true)),
                true);
        client.request(Nbd.CMD_WRITE_ZEROES, 0, 1, 0, 512);
        assertEquals(Nbd.EIO, client.answer(0).error());
        disk.fail(StorageException.Kind.NO_SPACE);
        client.write(1, 0, new byte[10]);
        assertEquals(Nbd.ENOSPC, client.answer(0).error());
        disk.fail(null);
        assertEquals(5, client.read(0, 5).length);
    }

    @Test
    void allocationTellsDataOfAStorageThatDoesNotKnow() throws Exception {
        TestClient client = client(server, true);
        client.request(Nbd.CMD_BLOCK_STATUS, 0, 9, 512, 1024);
        ByteBuffer extents = ByteBuffer.wrap(client.answer(0).data());
        assertEquals(1024, extents.getInt());
        assertEquals(0, extents.getInt());
        assertFalse(extents.hasRemaining());
        client.request(Nbd.CMD_BLOCK_STATUS, 0, 9, 512, 0);
        assertEquals(Nbd.EINVAL, client.answer(0).error());
    }

    @Test
    void requestsBehindOnesThatAreStuckAreAnsweredAndThoseInTheEnd() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        TestClient client =
                client(serve(new NbdExport("", "", new Gated(disk, new CountDownLatch(1), gate), false, true)), true);
        // One less than there are workers.
        for (int i = 0; i < 15; i++) {
            client.request(Nbd.CMD_READ, 0, 1000 + i, i, 1);
        }
        for (int i = 0; i < 200; i++) {
            client.request(Nbd.CMD_READ, 0, i, 512 + i, 1);
        }
        for (int i = 0; i < 200; i++) {
            assertTrue(client.answer(1).cookie() < 1000);
        }
        gate.countDown();
        for (int i = 0; i < 15; i++) {
            assertTrue(client.answer(1).cookie() >= 1000);
        }
    }

    @Test
    void aClientThatIsDoneGetsTheAnswersThatAreUnderWay() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        TestClient client = client(serve(new NbdExport("", "", new Gated(disk, asked, gate), false, true)), false);
        client.request(Nbd.CMD_READ, 0, 42, 0, 3);
        asked.await();
        client.request(Nbd.CMD_DISC, 0, 0, 0, 0);
        gate.countDown();
        assertEquals(42, client.answer(3).cookie());
        assertTrue(client.isEnded());
    }

    @Test
    void aClientThatTakesNothingHoldsNobodyUp() throws Exception {
        disk.resize(32 << 20);
        TestClient greedy = client(server, true);
        for (int i = 0; i < 100; i++) {
            greedy.request(Nbd.CMD_READ, 0, i, 0, 32 << 20);
        }
        TestClient other = client(server, true);
        for (int i = 0; i < 100; i++) {
            assertEquals(4096, other.read(i, 4096).length);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void requestsInFlightOfSeveralClientsDoNotDisturbEachOther(boolean structured) throws Exception {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        int clients = 4;
        FutureTask<?>[] tasks = new FutureTask<?>[clients];
        for (int i = 0; i < clients; i++) {
            TestClient client = client(server, structured);
            int begin = i << 18;
            Random random = new Random(seed + i);
            tasks[i] = new FutureTask<>(() -> {
                exercise(client, begin, 1 << 18, random);
                return null;
            });
            Thread.ofPlatform().daemon().start(tasks[i]);
        }
        for (FutureTask<?> task : tasks) {
            task.get();
        }
    }

    private static void exercise(TestClient client, int begin, int length, Random random) throws IOException {
        byte[] model = new byte[length];
        int depth = 16;
        int share = length / depth;
        for (int round = 0; round < 60; round++) {
            boolean reading = round % 3 == 2;
            int[] offsets = new int[depth];
            int[] lengths = new int[depth];
            for (int i = 0; i < depth; i++) {
                offsets[i] = i * share + random.nextInt(share / 2);
                lengths[i] = random.nextInt(share / 2) + 1;
                if (reading) {
                    client.request(Nbd.CMD_READ, 0, i, begin + offsets[i], lengths[i]);
                } else {
                    byte[] bytes = new byte[lengths[i]];
                    random.nextBytes(bytes);
                    client.write(i, begin + offsets[i], bytes);
                    System.arraycopy(bytes, 0, model, offsets[i], bytes.length);
                }
            }
            for (int i = 0; i < depth; i++) {
                // Several have the same length only by chance: whose it is is known when the head has come.
                TestClient.Answer answer = reading ? client.answer(lengths) : client.answer(0);
                assertEquals(0, answer.error());
                if (reading) {
                    int which = (int) answer.cookie();
                    assertArrayEquals(
                            Arrays.copyOfRange(model, offsets[which], offsets[which] + lengths[which]), answer.data());
                }
            }
        }
        assertArrayEquals(model, client.read(begin, length));
    }

    // Where it listens

    @Test
    void itListensOnTcpToo() throws Exception {
        var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        NbdServer tcp = NbdServer.start(new NbdServerOptions(any), List.of(new NbdExport("", "", disk, false, true)));
        open.add(tcp);
        assertEquals(7, client(tcp, true).read(0, 7).length);
    }

    @Test
    void whereNobodyCanListenIsSaidWhy() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        assertEquals(file + " is there already and no socket; choose another name", refused(file));
        Path taken = folder.resolve("s0");
        assertEquals(taken + " is in use: another process listens there; choose another name", refused(taken));
        Path homeless = folder.resolve("no/where");
        assertEquals("cannot listen at " + homeless + ": its folder does not exist; make it first", refused(homeless));
    }

    private String refused(Path path) {
        var options = new NbdServerOptions(UnixDomainSocketAddress.of(path));
        return assertThrows(
                        IOException.class,
                        () -> NbdServer.start(options, List.of()).close())
                .getMessage();
    }

    @Test
    void aServerThatIsClosedLeavesNothingAndItsClientsAreGone() throws Exception {
        TestClient client = client(server, false);
        server.close();
        assertTrue(client.isEnded());
        assertFalse(Files.exists(folder.resolve("s0")));
        server.awaitEnd();
        disk.write(0, MemorySegment.ofArray(new byte[] {1}));
        assertEquals(1, disk.bytes().get(ValueLayout.JAVA_BYTE, 0));
    }
}
