package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.itests.outside.HostTool.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** {@code disk serve}, used by libnbd, QEMU and fio. */
class DiskServeIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(3);
    private static final int DISK_BYTES = 32 << 20;
    private static final int HALF = DISK_BYTES / 2;
    private static final String SERVED = "is served at ";

    @TempDir
    Path folder;

    @BeforeEach
    void require() {
        HostTool.require("nbdcopy", "libnbd-bin");
        HostTool.require("qemu-img", "qemu-utils");
    }

    private String run(Object... command) throws IOException {
        return HostTool.run(folder, words(command));
    }

    private Ended end(Object... command) throws IOException {
        return HostTool.end(folder, words(command));
    }

    private static List<String> words(Object... command) {
        return Arrays.stream(command).map(String::valueOf).toList();
    }

    private Path bytes(String name) throws IOException {
        long seed = Long.getLong("itests.seed", System.nanoTime());
        System.out.println("seed " + seed);
        byte[] bytes = new byte[DISK_BYTES];
        new Random(seed).nextBytes(bytes);
        // A hole in it, too.
        Arrays.fill(bytes, 5 << 20, 9 << 20, (byte) 0);
        return Files.write(folder.resolve(name), bytes);
    }

    private static Backplane serve(Object... arguments) {
        List<String> all = new ArrayList<>(List.of("disk", "serve"));
        all.addAll(words(arguments));
        return Backplane.start(all.toArray(String[]::new));
    }

    private static void terminate(Backplane server) {
        server.signal("TERM");
        assertFalse(server.await(TIMEOUT).errors().contains("Exception"));
    }

    @Test
    void whatClientsWriteOnAUnixSocketIsInTheImageWhenTheServerHasBeenTerminated() throws Exception {
        Path image = folder.resolve("disk.qcow2");
        Path source = bytes("source.raw");
        Path socket = folder.resolve("socket");
        String uri = "nbd+unix:///?socket=" + socket;
        run("qemu-img", "create", "-q", "-f", "qcow2", image, DISK_BYTES);
        try (var server = serve("-f", "qcow2", "--socket", socket, "--description", "for the test", image)) {
            server.awaitErrors(SERVED, TIMEOUT);
            String info = run("nbdinfo", "--json", uri);
            for (String part : List.of(
                    "\"export-size\": " + DISK_BYTES,
                    "\"description\": \"for the test\"",
                    "\"is_read_only\": false",
                    "\"can_multi_conn\": true",
                    "\"base:allocation\"")) {
                assertTrue(info.contains(part), () -> part + " expected in " + info);
            }
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
            run("nbdcopy", "--connections=4", source, uri);
            assertTrue(run("qemu-img", "compare", "-f", "raw", "-F", "raw", uri, source)
                    .contains("identical"));
            assertNotEquals(
                    0, end("qemu-io", "-f", "qcow2", "-c", "write 0 512", image).status());
            terminate(server);
        }
        assertFalse(Files.exists(socket));
        run("qemu-img", "check", "-f", "qcow2", image);
        run("qemu-img", "compare", "-f", "qcow2", "-F", "raw", image, source);
    }

    @Test
    void severalClientsVerifyWhatTheyWroteWhileOthersRead() throws Exception {
        HostTool.require("fio", "fio");
        if (!run("fio", "--enghelp").contains("nbd")) {
            throw new TestAbortedException("fio has no engine for NBD here");
        }
        Path image = folder.resolve("disk.vmdk");
        Path socket = folder.resolve("socket");
        String uri = "nbd+unix:///?socket=" + socket;
        run("qemu-img", "create", "-q", "-f", "vmdk", image, DISK_BYTES);
        try (var server = serve("-f", "vmdk", "--socket", socket, image);
                ExecutorService clients =
                        Executors.newThreadPerTaskExecutor(Thread.ofPlatform().factory())) {
            server.awaitErrors(SERVED, TIMEOUT);
            List<Future<String>> all = List.of(
                    clients.submit(() -> verify(uri, 0)),
                    clients.submit(() -> verify(uri, HALF)),
                    clients.submit(() -> run("nbdcopy", "--connections=2", uri, "null:")),
                    clients.submit(() -> run("nbdinfo", "--map", uri)));
            for (Future<String> each : all) {
                each.get();
            }
            run("qemu-img", "convert", "-f", "raw", "-O", "raw", uri, folder.resolve("seen.raw"));
            terminate(server);
        }
        run("qemu-img", "check", "-f", "vmdk", image);
        run("qemu-img", "compare", "-f", "vmdk", "-F", "raw", image, folder.resolve("seen.raw"));
    }

    private String verify(String uri, int from) throws IOException {
        return run(
                "fio",
                "--name=client" + from,
                "--ioengine=nbd",
                "--uri=" + uri,
                "--rw=randwrite",
                "--bsrange=512-64k",
                "--bs_unaligned=1",
                "--iodepth=16",
                "--offset=" + from,
                "--size=" + HALF,
                "--fsync=100",
                "--verify=crc32c",
                "--verify_fatal=1",
                "--do_verify=1",
                "--allrandrepeat=0");
    }

    @Test
    void withTlsAndReadOnlyStrangersAndWritersAreRefused() throws Exception {
        HostTool.require("openssl", "openssl");
        Path tls = certificates();
        Path source = bytes("source.raw");
        try (var server = serve("-f", "raw", "--read-only", "--port", 0, "--tls", tls, "--tls-verify", source)) {
            String address = server.awaitErrorLine(SERVED, TIMEOUT);
            String port = address.substring(address.lastIndexOf(':') + 1);
            String uri = "nbds://localhost:%s/?tls-certificates=%s".formatted(port, tls);
            String info = run("nbdinfo", uri);
            assertTrue(info.contains("with TLS"), info);
            assertTrue(info.contains("is_read_only: true"), info);
            run("nbdcopy", uri, folder.resolve("copy.raw"));
            assertEquals(-1, Files.mismatch(source, folder.resolve("copy.raw")));
            assertNotEquals(0, end("nbdcopy", source, uri).status());
            assertNotEquals(0, end("nbdinfo", "nbd://localhost:" + port).status());
            Path nobody = Files.createDirectory(folder.resolve("nobody"));
            Files.copy(tls.resolve("ca-cert.pem"), nobody.resolve("ca-cert.pem"));
            String without = "nbds://localhost:%s/?tls-certificates=%s".formatted(port, nobody);
            assertNotEquals(0, end("nbdinfo", without).status());
            assertEquals(0, end("nbdinfo", uri).status());
            terminate(server);
        }
        assertEquals(-1, Files.mismatch(source, folder.resolve("copy.raw")));
    }

    /** An authority, a server and a client. */
    private Path certificates() throws IOException {
        Path tls = Files.createDirectory(folder.resolve("tls"));
        certificate(tls, "ca", List.of());
        for (String name : List.of("server", "client")) {
            certificate(
                    tls,
                    name,
                    List.of(
                            "-CA",
                            "ca-cert.pem",
                            "-CAkey",
                            "ca-key.pem",
                            "-addext",
                            "subjectAltName=DNS:localhost",
                            "-addext",
                            "basicConstraints=critical,CA:FALSE"));
        }
        return tls;
    }

    private static void certificate(Path tls, String name, List<String> more) throws IOException {
        List<String> command = new ArrayList<>(List.of("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes"));
        command.addAll(List.of("-days", "2", "-subj", "/CN=" + name));
        command.addAll(List.of("-keyout", name + "-key.pem", "-out", name + "-cert.pem"));
        command.addAll(more);
        HostTool.run(tls, command);
    }
}
