package dev.backplane.protocol.nbd.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client, with servers of QEMU and nbdkit. */
@Timeout(300)
class JudgedTest {
    private static final int CAPACITY = 8 << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path folder = Path.of("");

    private @Nullable Judge running;

    private Path socket() {
        return folder.resolve("s");
    }

    private static Random random() {
        long seed = Long.getLong("backplane.seed", System.nanoTime());
        System.out.println("seed " + seed);
        return new Random(seed);
    }

    private Path image(String name) throws Exception {
        Path image = folder.resolve(name);
        try (var file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(CAPACITY);
        }
        return image;
    }

    private StorageBench<NbdOptions, NbdState> plug() {
        return StorageBench.plug(new NbdProtocol(), Options.of(socket()), new TestMachine());
    }

    private static byte[] readAll(Storage disk) throws StorageException {
        byte[] all = new byte[(int) disk.capacityBytes()];
        disk.read(0, MemorySegment.ofArray(all));
        return all;
    }

    private static void exercise(Storage disk, byte[] model, Random random, int operations) throws StorageException {
        for (int i = 0; i < operations; i++) {
            int offset = random.nextInt(model.length);
            int length = Math.min(random.nextInt(random.nextInt(8) == 0 ? 3_000_000 : 9000), model.length - offset);
            switch (random.nextInt(8)) {
                case 0 -> {
                    disk.zero(offset, length, random.nextBoolean());
                    Arrays.fill(model, offset, offset + length, (byte) 0);
                }
                case 1 -> disk.flush();
                case 2 -> {
                    disk.discard(offset, length);
                    // Whatever is there now.
                    byte[] now = new byte[length];
                    disk.read(offset, MemorySegment.ofArray(now));
                    System.arraycopy(now, 0, model, offset, length);
                }
                default -> {
                    byte[] bytes = new byte[length];
                    random.nextBytes(bytes);
                    disk.write(offset, MemorySegment.ofArray(bytes));
                    System.arraycopy(bytes, 0, model, offset, length);
                }
            }
        }
    }

    @Test
    void qemuNbdWithASingleClientKeepsItOverSwaps() throws Exception {
        Judge.require("qemu-nbd", "qemu-utils");
        Random random = random();
        Path image = image("disk.raw");
        byte[] model = new byte[CAPACITY];
        try (Judge server = Judge.start(socket(), "qemu-nbd", "-f", "raw", "-k", socket(), image)) {
            try (var bench = plug()) {
                for (int i = 0; i < 4; i++) {
                    exercise(bench.layer(), model, random, 50);
                    assertTrue(bench.swap().connected());
                }
                assertArrayEquals(model, readAll(bench.layer()));
                bench.layer().flush();
            }
            // It serves one client, and ends when that one says goodbye.
            server.awaitEnd();
        }
        assertArrayEquals(model, Files.readAllBytes(image));
    }

    @Test
    void nothingIsLostWhenQemuNbdIsKilledAndStartedAgain() throws Exception {
        Judge.require("qemu-nbd", "qemu-utils");
        Random random = random();
        Path image = image("disk.raw");
        Object[] command = {"qemu-nbd", "-f", "raw", "-t", "-e", "4", "-k", socket(), image};
        int threads = 8;
        int share = CAPACITY / threads;
        byte[][] models = new byte[threads][share];
        try (var bench = plugged(command)) {
            for (int round = 0; round < 3; round++) {
                List<FutureTask<?>> tasks = new ArrayList<>();
                for (int i = 0; i < threads; i++) {
                    int begin = i * share;
                    byte[] model = models[i];
                    Random own = new Random(random.nextLong());
                    FutureTask<?> task = new FutureTask<>(() -> {
                        Storage disk = bench.layer();
                        for (int k = 0; k < 60; k++) {
                            byte[] bytes = new byte[own.nextInt(20_000) + 1];
                            own.nextBytes(bytes);
                            int at = own.nextInt(share - bytes.length);
                            disk.write(begin + at, MemorySegment.ofArray(bytes));
                            System.arraycopy(bytes, 0, model, at, bytes.length);
                        }
                        return null;
                    });
                    tasks.add(task);
                    Thread.ofPlatform().daemon().start(task);
                }
                stop().kill();
                running = Judge.start(socket(), command);
                for (FutureTask<?> task : tasks) {
                    task.get();
                }
            }
            byte[] all = readAll(bench.layer());
            for (int i = 0; i < threads; i++) {
                assertArrayEquals(models[i], Arrays.copyOfRange(all, i * share, (i + 1) * share));
            }
        } finally {
            stop().close();
        }
    }

    private Judge stop() {
        Judge last = running;
        if (last == null) {
            throw new AssertionError("no server");
        }
        return last;
    }

    private StorageBench<NbdOptions, NbdState> plugged(Object... command) throws Exception {
        running = Judge.start(socket(), command);
        return plug();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--no-sr",
                "--filter=nozero",
                "--filter=noextents --filter=fua",
                "--filter=blocksize-policy blocksize-minimum=4096 blocksize-maximum=64K blocksize-error-policy=error",
                "--filter=rate rate=200M"
            })
    void nbdkitOfEveryKindHoldsWhatIsWritten(String options) throws Exception {
        Judge.require("nbdkit", "nbdkit");
        Random random = random();
        List<Object> command = new ArrayList<>(List.of("nbdkit", "-f", "-U", socket()));
        List<String> filters = new ArrayList<>();
        List<String> parameters = new ArrayList<>();
        for (String word : options.split(" ")) {
            if (!word.isEmpty()) {
                (word.startsWith("-") ? filters : parameters).add(word);
            }
        }
        command.addAll(filters);
        command.addAll(List.of("memory", String.valueOf(CAPACITY)));
        command.addAll(parameters);
        byte[] model = new byte[CAPACITY];
        try (Judge _ = Judge.start(socket(), command.toArray());
                var bench = plug()) {
            exercise(bench.layer(), model, random, 100);
            assertArrayEquals(model, readAll(bench.layer()));
            bench.swap();
            exercise(bench.layer(), model, random, 20);
            assertArrayEquals(model, readAll(bench.layer()));
        }
    }

    @Test
    void nbdkitTellsItsHoles() throws Exception {
        Judge.require("nbdkit", "nbdkit");
        try (Judge _ = Judge.start(
                        socket(), "nbdkit", "-f", "-U", socket(), "data", "data=@32768 1*32768 @131072 2", "size=1M");
                var bench = plug()) {
            MappedStorage disk = (MappedStorage) bench.layer();
            assertEquals(Extent.Kind.DATA, disk.extent(32768, 100).kind());
            assertEquals(Extent.Kind.ZERO, disk.extent(500_000, 1000).kind());
            long at = 0;
            while (at < disk.capacityBytes()) {
                Extent extent = disk.extent(at, disk.capacityBytes() - at);
                byte[] there = new byte[(int) extent.bytes()];
                disk.read(at, MemorySegment.ofArray(there));
                if (extent.kind() == Extent.Kind.ZERO) {
                    assertArrayEquals(new byte[there.length], there);
                }
                at += extent.bytes();
            }
        }
    }

    @Test
    void nbdkitsErrorsAreTheRequestsOwn() throws Exception {
        Judge.require("nbdkit", "nbdkit");
        try (Judge _ = Judge.start(
                        socket(),
                        "nbdkit",
                        "-f",
                        "-U",
                        socket(),
                        "--filter=error",
                        "memory",
                        "1M",
                        "error-pwrite=ENOSPC",
                        "error-pwrite-rate=100%");
                var bench = plug()) {
            var full = assertThrows(
                    StorageException.class, () -> bench.layer().write(0, MemorySegment.ofArray(new byte[512])));
            assertEquals(StorageException.Kind.NO_SPACE, full.kind());
            assertArrayEquals(new byte[1 << 20], readAll(bench.layer()));
        }
    }

    @Test
    void nbdkitIsSpokenToOverTlsAndOnlyIfItIsTheOneThatIsMeant() throws Exception {
        Judge.require("nbdkit", "nbdkit");
        Judge.require("openssl", "openssl");
        Path tls = Files.createDirectories(folder.resolve("tls"));
        Path key = tls.resolve("ca-key.pem");
        Path authority = tls.resolve("ca-cert.pem");
        Judge.must(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=ca",
                "-keyout",
                key,
                "-out",
                authority);
        Judge.must(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=server",
                "-addext",
                "subjectAltName=DNS:disks.example",
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-CA",
                authority,
                "-CAkey",
                key,
                "-keyout",
                tls.resolve("server-key.pem"),
                "-out",
                tls.resolve("server-cert.pem"));
        byte[] model = new byte[CAPACITY];
        try (Judge _ = Judge.start(
                socket(),
                "nbdkit",
                "-f",
                "-U",
                socket(),
                "--tls=require",
                "--tls-certificates=" + tls,
                "memory",
                CAPACITY)) {
            try (var bench = StorageBench.plug(new NbdProtocol(), secure(tls, "disks.example"), new TestMachine())) {
                exercise(bench.layer(), model, random(), 40);
                bench.swap();
                exercise(bench.layer(), model, random(), 10);
                assertArrayEquals(model, readAll(bench.layer()));
            }
            refused(secure(tls, "others.example"), "the TLS handshake fails");
            refused(Options.of(socket()), "it wants TLS");
        }
    }

    private NbdOptions secure(Path tls, String name) {
        return new NbdOptions(
                Optional.of(socket()),
                Optional.empty(),
                1,
                Optional.empty(),
                false,
                Optional.of(new NbdTlsOptions(tls, Optional.of(name))),
                PATIENCE,
                PATIENCE);
    }

    private static void refused(NbdOptions options, String says) {
        var refused = assertThrows(
                StorageException.class, () -> StorageBench.make(new NbdProtocol(), options, new TestMachine()));
        assertTrue(refused.getMessage().contains(says), refused::getMessage);
    }
}
