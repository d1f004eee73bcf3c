package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Debian's kernel writes and compares files on a qcow2 disk and fetches pages, while the plugins of everything that it uses there are
 * replaced by newer versions, each many times, in random order.
 */
class ManagedSwapIT {
    private static final int SWAPS = Integer.getInteger("itests.swaps", 30);
    private static final Duration TIMEOUT = Duration.ofMinutes(5).plusSeconds(SWAPS * 10L);
    private static final long DISK_BYTES = 128 << 20;
    /** What a bay may take where nothing is to be given up: the host may be busy. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private static final int PAUSE_MILLIS = 40;

    private static final List<String> PLUGINS = List.of(
            "dev.backplane.storage.qcow2",
            "dev.backplane.protocol.file",
            "dev.backplane.device.virtio.block",
            "dev.backplane.device.serial",
            "dev.backplane.device.rtc",
            "dev.backplane.device.virtio.net",
            "dev.backplane.network.user",
            "dev.backplane.console.file",
            "dev.backplane.device.nvme",
            "dev.backplane.device.virtio.console",
            "dev.backplane.scheduler.fair");

    /** What the fixture can make wrong with a version, and what is said of it then. */
    private static final Map<String, String> FLAWS = Map.of(
            "RESOLVE", "no.such.library",
            "START", "Activator",
            "SHAPE", "shows the guest another shape",
            "STATE", "writes version 1 of state virtio-block",
            "OPTIONS", "serial: this one needs one",
            "EXCEPTION", "a bug",
            "DEADLINE", "has not returned in time",
            "HEALTH", "not well");

    private static final List<String> DRIVERS = List.of(
            "drivers/block/virtio_blk.ko",
            "net/core/failover.ko",
            "drivers/net/net_failover.ko",
            "drivers/net/virtio_net.ko",
            "drivers/char/virtio_console.ko");

    private static final String WRITING = """
            mount -t ext4 /dev/vda /mnt || echo "cannot mount"
            (
                n=0
                while [ ! -e /tmp/stop ]; do
                    n=$((n + 1))
                    f=$((n % 12))
                    dd if=/dev/urandom of=/tmp/$f bs=64k count=$((n % 13 + 1)) 2>/dev/null
                    cp /tmp/$f /mnt/$f || echo "BAD: cannot write $f"
                    sync
                    echo 3 > /proc/sys/vm/drop_caches
                    cmp /tmp/$f /mnt/$f || echo "BAD: $f differs in round $n"
                done
                echo "$n files were written and compared"
            ) &
            writer=$!
            """;

    private static final String FETCHING = """
            ip link set lo up
            ip addr add 10.0.2.15/24 dev eth0
            ip link set eth0 up
            gaps /mnt/gaps /dev/ttyS1 /tmp/stop &
            (
                n=0
                while [ ! -e /tmp/stop ]; do
                    n=$((n + 1))
                    sum=$(wget -q -O - http://10.0.2.2:@PORT@/page | sha256sum)
                    [ "$sum" = "@SUM@  -" ] || echo "BAD: page $n has $sum"
                done
                echo "$n pages were fetched"
            ) &
            reader=$!
            """;

    private static final String SAYING = """
            mkdir -p /data
            mount -t ext4 /dev/nvme0n1 /data || echo "cannot mount"
            (
                n=0
                while [ ! -e /tmp/stop ]; do
                    n=$((n + 1))
                    dd if=/dev/urandom of=/tmp/data bs=64k count=$((n % 7 + 1)) 2>/dev/null
                    cp /tmp/data /data/$((n % 5)) || echo "BAD: cannot write file $n to NVMe"
                    sync
                    echo 3 > /proc/sys/vm/drop_caches
                    cmp /tmp/data /data/$((n % 5)) || echo "BAD: file $n differs on NVMe"
                    echo "$n" > /dev/hvc0
                done
                umount /data || echo "BAD: cannot unmount NVMe"
                echo "$n files went to NVMe"
            ) &
            sayer=$!
            """;

    private static final String ENDING = """
            echo "at work"
            read word
            touch /tmp/stop
            wait $writer $reader $sayer
            for f in 0 1 2 3 4 5 6 7 8 9 10 11; do
                [ ! -e /tmp/$f ] || cmp /tmp/$f /mnt/$f || echo "BAD: $f differs in the end"
            done
            umount /mnt || echo "BAD: cannot unmount"
            dmesg | grep -iE 'I/O error|blk_update|timed? ?out|EXT4-fs (error|warning)|hung task|lockup|stall|virtio.*(fail|bad|broken)' | grep -v 'Shutdown timeout set to' | sed 's/^/BAD: /'
            echo "at rest"
            poweroff -f
            """;

    private static final String COMPUTING = """
            dd if=/dev/urandom of=/tmp/data bs=64k count=4 2>/dev/null
            sha512sum < /tmp/data > /tmp/right
            for job in 1 2 3; do
                (
                    n=0
                    while [ ! -e /tmp/stop ]; do
                        n=$((n + 1))
                        gzip -c /tmp/data | gunzip | sha512sum > /tmp/sum$job
                        cmp /tmp/right /tmp/sum$job || echo "BAD: sum $n of job $job"
                    done
                    echo "$n sums were right"
                ) &
            done
            echo "at work"
            read word
            touch /tmp/stop
            wait
            dmesg | grep -E 'BUG|Oops|hung_task|blocked for more|lockup|stall|segfault|general protection' | sed 's/^/BAD: /'
            echo "at rest"
            poweroff -f
            """;

    @TempDir
    Path folder;

    private Path rawDisk() throws IOException {
        HostTool.require("mkfs.ext4", "e2fsprogs");
        HostTool.require("qemu-img", "qemu-utils");
        Path raw = folder.resolve("disk.raw");
        try (var file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        run("mkfs.ext4", "-q", "-F", raw.toString());
        return raw;
    }

    @Test
    void aGuestLosesNothingWhileThePluginsOfAllThatItUsesAreReplaced() throws Exception {
        HostTool.require("gcc", "gcc and libc6-dev");
        int logged = Backplane.log().size();
        Path raw = rawDisk();
        run("qemu-img", "convert", "-O", "qcow2", raw.toString(), "disk.qcow2");
        Files.copy(raw, folder.resolve("data.raw"));
        byte[] page = new byte[300_000];
        new Random(7).nextBytes(page);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/page", exchange -> {
            exchange.sendResponseHeaders(200, page.length);
            try (var body = exchange.getResponseBody()) {
                body.write(page);
            }
        });
        server.start();
        Swapped swapped;
        try {
            swapped = swap(machine(server.getAddress().getPort(), page), SWAPS, PATIENCE, plugins(PLUGINS));
        } finally {
            server.stop(0);
        }
        String said = swapped.assertNothingLost();
        assertTrue(said.contains("files were written and compared"), said);
        assertTrue(said.contains("pages were fetched"), said);
        assertTrue(said.contains("files went to NVMe"), said);
        List<String> spoken = Files.readString(folder.resolve("hvc0")).lines().toList();
        assertEquals(
                IntStream.rangeClosed(1, spoken.size())
                        .mapToObj(Integer::toString)
                        .toList(),
                spoken);
        run("e2fsck", "-fn", "data.raw");
        run("qemu-img", "check", "-f", "qcow2", "disk.qcow2");
        run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", "disk.qcow2", raw.toString());
        run("e2fsck", "-fn", raw.toString());
        SwapFigures figures = SwapFigures.of(swapped.report(), Files.readAllLines(folder.resolve("gaps")));
        System.out.print(figures.text());
        slowRequests(logged).forEach(System.out::println);
        assertEquals(PLUGINS.size() * SWAPS, figures.swaps());
        assertEquals(
                "loaders %d alive 0".formatted(PLUGINS.size() * SWAPS),
                swapped.report().getLast(),
                heap());
    }

    @Test
    void aGuestLosesNothingWhileNewVersionsFailInEachWay() throws Exception {
        Path raw = rawDisk();
        run("qemu-img", "convert", "-O", "qcow2", raw.toString(), "disk.qcow2");
        Path initrd = GuestModules.initrd(
                "failing", List.of("drivers/block/virtio_blk.ko"), WRITING + "reader=\n" + ENDING, Map.of());
        Path file = Files.writeString(folder.resolve("swapped.yaml"), """
                name: swapped
                memory: 256MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-block, id: disk0, disk: {format: qcow2, file: disk.qcow2}}
                """.formatted(DebianGuest.kernel(), initrd));
        List<String> good = plugins(List.of("dev.backplane.device.virtio.block"));
        List<String> turns = new ArrayList<>(good);
        FLAWS.keySet().forEach(flaw -> turns.add(good.getFirst() + " " + flaw));
        Swapped swapped = swap(file, 1, Duration.ofSeconds(5), turns);
        String said = swapped.assertNothingLost();
        assertTrue(said.contains("files were written and compared"), said);
        run("qemu-img", "check", "-f", "qcow2", "disk.qcow2");
        run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", "disk.qcow2", raw.toString());
        run("e2fsck", "-fn", raw.toString());
        FLAWS.forEach((flaw, why) -> assertTrue(
                swapped.report().stream().anyMatch(line -> line.contains(" " + flaw + ": ") && line.contains(why)),
                () -> flaw + ": expected " + why + ": " + swapped.report()));
        assertTrue(swapped.report().getLast().endsWith(" alive 0"), heap());
    }

    @Test
    void aServerThatDoesNotAnswerForSecondsKeepsNoPluginInItsPlace() throws Exception {
        Path raw = rawDisk();
        Path socket = folder.resolve("disk.sock");
        Process server = new ProcessBuilder(
                        "qemu-nbd",
                        "-f",
                        "raw",
                        "--persistent",
                        "--shared",
                        "0",
                        "-k",
                        socket.toString(),
                        raw.toString())
                .directory(folder.toFile())
                .inheritIO()
                .start();
        Path initrd = GuestModules.initrd(
                "remote", List.of("drivers/block/virtio_blk.ko"), WRITING + "reader=\n" + ENDING, Map.of());
        Path file =
                Files.writeString(folder.resolve("swapped.yaml"), """
                name: swapped
                memory: 256MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                onVacant: wait
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-block, id: disk0, disk: {type: raw, on: {type: nbd, socket: %s}}}
                """.formatted(DebianGuest.kernel(), initrd, socket));
        Thread brake = Thread.ofPlatform().daemon().unstarted(() -> brake(server));
        Swapped swapped;
        try {
            while (!Files.exists(socket)) {
                assertTrue(server.isAlive(), "qemu-nbd has ended");
                Thread.sleep(20);
            }
            brake.start();
            swapped = swap(
                    file,
                    Math.max(3, SWAPS / 5),
                    Duration.ofSeconds(2),
                    plugins(List.of("dev.backplane.protocol.nbd")));
        } finally {
            brake.interrupt();
            brake.join();
            server.destroyForcibly().waitFor();
        }
        String said = swapped.assertNothingLost();
        assertTrue(said.contains("files were written and compared"), said);
        assertTrue(
                swapped.report().stream().anyMatch(line -> line.endsWith(" untried")),
                () -> "none waited for the server: " + swapped.report());
        run("e2fsck", "-fn", raw.toString());
    }

    /** Stops the server for longer than a part may take to come to rest, over and over once swaps have begun. */
    private void brake(Process server) {
        try {
            while (!Files.exists(folder.resolve("go"))) {
                Thread.sleep(20);
            }
            while (true) {
                signal(server, "STOP");
                Thread.sleep(3500);
                signal(server, "CONT");
                Thread.sleep(1000);
            }
        } catch (InterruptedException | IOException e) {
            // It is over.
        }
    }

    private static void signal(Process server, String name) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-s", name, Long.toString(server.pid()))
                .inheritIO()
                .start()
                .waitFor();
    }

    @Test
    void aGuestComputesOnWhileItsCpuBackendChanges() throws Exception {
        int rounds = Math.max(2, SWAPS / 3);
        Path initrd = GuestModules.initrd("computing", List.of(), COMPUTING, Map.of());
        Path file = Files.writeString(folder.resolve("swapped.yaml"), """
                name: swapped
                cpus: 2
                memory: 256MiB
                cpu: bt
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                """.formatted(DebianGuest.kernel(), initrd));
        List<String> turns = new ArrayList<>(plugins(List.of("dev.backplane.cpu.bt")));
        turns.add("cpu soft,bt");
        Swapped swapped = swap(file, rounds, PATIENCE, turns);
        String said = swapped.assertNothingLost();
        assertTrue(said.contains("sums were right"), said);
        SwapFigures figures = SwapFigures.of(swapped.report(), List.of());
        System.out.print(figures.text());
        assertEquals("loaders %d alive 0".formatted(rounds), swapped.report().getLast(), heap());
    }

    /**
     * What became of a machine.
     *
     * @param report what the fixture wrote
     * @param result how the process ended
     */
    private record Swapped(List<String> report, Backplane.Result result) {
        String assertNothingLost() {
            String said = result.text() + result.errors();
            List<String> failed =
                    report.stream().filter(line -> line.contains("FAILED")).toList();
            assertEquals(List.of(), failed, said);
            assertFalse(result.text().contains("BAD"), said);
            result.assertStatus(0);
            return said;
        }
    }

    private Swapped swap(Path machine, int times, Duration perBay, List<String> turns) throws Exception {
        long seed = Long.getLong("itests.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Path home = Installation.copyTo(folder.resolve("home"))
                .with(Path.of(System.getProperty("fixture.swaps")))
                .home();
        var command = Backplane.command(home, "run", machine.toString());
        command.environment().put("SWAPS_FOLDER", folder.toString());
        try (var running = Backplane.of(command)) {
            running.awaitOutput("at work", TIMEOUT);
            Thread.sleep(2000);
            List<String> lines = new ArrayList<>(turns);
            lines.addFirst("swapped %d %d %d %d".formatted(seed, times, PAUSE_MILLIS, perBay.toMillis()));
            Files.write(folder.resolve("going"), lines);
            Files.move(folder.resolve("going"), folder.resolve("go"));
            awaitDone();
            running.send("enough\n");
            running.awaitOutput("at rest", TIMEOUT);
            return new Swapped(Files.readAllLines(folder.resolve("report")), running.await(TIMEOUT));
        }
    }

    private static List<String> plugins(List<String> names) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String name : names) {
            try (var jars = Files.newDirectoryStream(Backplane.HOME.resolve("bundles"), name + "-*.jar")) {
                lines.add(name + " " + jars.iterator().next());
            }
        }
        return lines;
    }

    private String heap() throws IOException {
        Path dump = folder.resolve("heap.hprof");
        if (!Files.exists(dump)) {
            return "";
        }
        return String.join("\n", new HeapDump(dump).pathsToRoot("dev.backplane.itests.swaps.Swaps", "loaders"));
    }

    /** What the log says of requests to disks that took long: where a guest waited that waited. */
    private static List<String> slowRequests(int before) throws IOException {
        return Backplane.log().stream()
                .skip(before)
                .filter(line -> line.contains("swapped/disk"))
                .filter(line -> line.contains("has not been answered") || line.contains(" took "))
                .toList();
    }

    private void run(String... command) throws IOException {
        HostTool.run(folder, List.of(command));
    }

    private void awaitDone() throws InterruptedException {
        long end = System.nanoTime() + TIMEOUT.toNanos();
        while (!Files.exists(folder.resolve("done"))) {
            assertTrue(System.nanoTime() < end, "the swaps have not ended");
            Thread.sleep(50);
        }
    }

    private static Path gaps() throws IOException {
        Path made = Files.createDirectories(Backplane.WORK).resolve("gaps");
        Path source = Backplane.WORK.resolve("gaps.c");
        try (InputStream in = ManagedSwapIT.class.getResourceAsStream("gaps.c")) {
            Files.write(source, Objects.requireNonNull(in, "gaps.c").readAllBytes());
        }
        HostTool.run(Backplane.WORK, List.of("gcc", "-static", "-O1", "-o", made.toString(), source.toString()));
        return made;
    }

    private Path machine(int port, byte[] page) throws IOException, NoSuchAlgorithmException {
        String sum =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(page));
        String init = (WRITING + FETCHING + SAYING + ENDING)
                .replace("@PORT@", "" + port)
                .replace("@SUM@", sum);
        Path initrd = GuestModules.initrd("swapped", DRIVERS, init, Map.of("bin/gaps", gaps()));
        return Files.writeString(folder.resolve("swapped.yaml"), """
                name: swapped
                cpus: 2
                memory: 256MiB
                scheduler: fair
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: serial-16550, id: com2, com: 2, console: {type: file, path: gaps}}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-block, id: disk0, disk: {format: qcow2, file: disk.qcow2}}
                  - {type: virtio-net, id: net0, network: user}
                  - {type: nvme, id: disk1, disk: {format: raw, file: data.raw}}
                  - {type: virtio-console, id: hvc, ports: [{console: {type: file, path: hvc0}}]}
                """.formatted(DebianGuest.kernel(), initrd));
    }
}
