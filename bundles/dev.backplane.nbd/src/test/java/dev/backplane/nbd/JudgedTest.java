package dev.backplane.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.nbd.wire.TlsFolder;
import dev.backplane.testkit.MemoryStorage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The server, used by QEMU, libnbd and fio. */
@Timeout(300)
class JudgedTest {
    private static final int CAPACITY = 24 << 20;

    @TempDir
    Path folder = Path.of("");

    private final MemoryStorage disk = new MemoryStorage();
    private final List<NbdServer> servers = new ArrayList<>();
    private String uri = "";

    @BeforeEach
    void start() throws Exception {
        disk.resize(CAPACITY);
        Path socket = folder.resolve("s");
        serve(new NbdServerOptions(UnixDomainSocketAddress.of(socket)));
        uri = "nbd+unix:///?socket=" + socket;
    }

    @AfterEach
    void stop() {
        servers.forEach(NbdServer::close);
    }

    private NbdServer serve(NbdServerOptions options) throws Exception {
        NbdServer server =
                NbdServer.start(options, List.of(new NbdExport("", "a disk", new Mapped(disk), false, true)));
        servers.add(server);
        return server;
    }

    private byte[] content() {
        return disk.bytes().toArray(ValueLayout.JAVA_BYTE);
    }

    private static Random random() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new Random(seed);
    }

    @Test
    void qemuIoReadsWhatItWrote() throws Exception {
        Tools.require("qemu-io", "qemu-utils");
        Random random = random();
        byte[] model = new byte[CAPACITY];
        List<Object> command = new ArrayList<>(List.of("qemu-io", "-f", "raw"));
        for (int i = 0; i < 150; i++) {
            int offset = random.nextInt(CAPACITY / 512 - 9000) * 512;
            int length = random.nextInt(1, random.nextInt(8) == 0 ? 9000 : 100) * 512;
            int pattern = random.nextInt(256);
            String flags = random.nextInt(8) == 0 ? "-f " : "";
            switch (random.nextInt(4)) {
                case 0 -> {
                    pattern = 0;
                    command.addAll(List.of(
                            "-c",
                            "write -z %s%s%d %d".formatted(flags, random.nextBoolean() ? "-u " : "", offset, length)));
                }
                case 1 -> {
                    pattern = 0;
                    command.addAll(List.of("-c", "discard %d %d".formatted(offset, length)));
                }
                default ->
                    command.addAll(List.of("-c", "write %s-P %d %d %d".formatted(flags, pattern, offset, length)));
            }
            Arrays.fill(model, offset, offset + length, (byte) pattern);
            command.addAll(List.of("-c", "read -P %d %d %d".formatted(pattern, offset, length)));
        }
        command.addAll(List.of("-c", "flush", uri));
        Tools.must(command.toArray());
        assertArrayEquals(model, content());
    }

    @Test
    void libnbdCopiesInBothDirectionsOverSeveralConnections() throws Exception {
        Tools.require("nbdcopy", "libnbd-bin");
        byte[] bytes = new byte[CAPACITY];
        Random random = random();
        for (int i = 0; i < 10; i++) {
            int from = random.nextInt(CAPACITY);
            Arrays.fill(bytes, from, Math.min(CAPACITY, from + random.nextInt(1 << 20)), (byte) i);
        }
        Path file = Files.write(folder.resolve("in"), bytes);
        Tools.must("nbdcopy", "--connections=4", "--requests=64", "--flush", file, uri);
        assertArrayEquals(bytes, content());
        Path back = folder.resolve("out");
        Tools.must("nbdcopy", "--connections=4", "--requests=64", uri, back);
        assertArrayEquals(bytes, Files.readAllBytes(back));
    }

    @Test
    void libnbdAndQemuSeeWhatIsAllocated() throws Exception {
        Tools.require("nbdinfo", "libnbd-bin");
        disk.write(4096, MemorySegment.ofArray(new byte[] {1}));
        disk.write(1 << 20, MemorySegment.ofArray(new byte[] {1}));
        String info = Tools.must("nbdinfo", "--json", uri);
        for (String part : new String[] {
            "\"protocol\": \"newstyle-fixed\"",
            "\"structured\": true",
            "\"base:allocation\"",
            "\"can_multi_conn\": true",
            "\"can_fua\": true",
            "\"export-size\": " + CAPACITY
        }) {
            assertTrue(info.contains(part), info);
        }
        String map = Tools.must("nbdinfo", "--map", uri).replaceAll(" +", " ");
        String expected = """
                 0 4096 2 zero
                 4096 4096 0 data
                 8192 253952 3 hole,zero
                 262144 4096 2 zero
                 266240 258048 3 hole,zero
                """;
        assertTrue(map.startsWith(expected), map);
        if (Files.exists(Path.of("/usr/bin/qemu-img"))) {
            String seen = Tools.must("qemu-img", "map", "-f", "raw", "--output=json", uri);
            assertTrue(
                    seen.contains(
                            "\"start\": 4096, \"length\": 4096, \"depth\": 0, \"present\": true, \"zero\": false, \"data\": true"),
                    seen);
        }
    }

    @Test
    void fioVerifiesWhatItWroteAtDepth() throws Exception {
        Tools.require("fio", "fio");
        if (!Tools.must("fio", "--enghelp").contains("nbd")) {
            throw new org.opentest4j.TestAbortedException("fio has no engine for NBD here");
        }
        String said = Tools.must(
                "fio",
                "--name=judge",
                "--ioengine=nbd",
                "--uri=" + uri,
                "--rw=randwrite",
                "--bsrange=512-64k",
                "--bs_unaligned=1",
                "--iodepth=32",
                "--size=" + CAPACITY,
                "--verify=crc32c",
                "--verify_fatal=1",
                "--do_verify=1",
                "--allrandrepeat=0",
                "--output-format=terse");
        assertTrue(said.contains(";judge;"), said);
    }

    @Test
    void tlsIsSpokenWithQemuAndLibnbdAndNotWithStrangers() throws Exception {
        Tools.require("nbdinfo", "libnbd-bin");
        Tools.require("qemu-io", "qemu-utils");
        Path certificates = Certificates.make(folder.resolve("tls"));
        Path strange = Certificates.distrusting(folder.resolve("strange"), certificates);
        var address = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0);
        NbdServer server = serve(new NbdServerOptions(address, TlsFolder.ofServer(certificates), true));
        int port = ((InetSocketAddress) server.address()).getPort();
        String secure = "nbds://localhost:%d/?tls-certificates=".formatted(port);
        String info = Tools.must("nbdinfo", secure + certificates);
        assertTrue(info.contains("protocol: newstyle-fixed with TLS, using structured packets"), info);
        assertThrows(AssertionError.class, () -> Tools.must("nbdinfo", secure + strange));
        assertThrows(AssertionError.class, () -> Tools.must("nbdinfo", "nbd://localhost:" + port));
        Tools.must(
                "qemu-io",
                "--object",
                "tls-creds-x509,id=t,endpoint=client,dir=" + certificates,
                "-c",
                "write -P 7 1000k 3M",
                "-c",
                "read -P 7 1000k 3M",
                "--image-opts",
                "driver=nbd,server.type=inet,server.host=localhost,server.port=%d,tls-creds=t".formatted(port));
        byte[] expected = new byte[3 << 20];
        Arrays.fill(expected, (byte) 7);
        assertArrayEquals(expected, Arrays.copyOfRange(content(), 1_024_000, 1_024_000 + (3 << 20)));
        Path back = folder.resolve("out");
        Tools.must("nbdcopy", secure + certificates, back);
        assertEquals(-1, Arrays.mismatch(content(), Files.readAllBytes(back)));
    }
}
