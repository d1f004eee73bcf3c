package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's kernel with its own drivers, in one boot: consoles and ports, balloons, sockets; the host looks at what comes out. */
class VirtioDevicesIT {
    private static final Duration BOOT = Duration.ofMinutes(5);
    private static final Duration STEP = Duration.ofMinutes(2);
    private static final String CTRL_A = "\u0001";
    private static final int MEGABYTE = 1 << 20;
    /**
     * What has to come back for the balloon to be believed, in KiB. Of 256 MiB the kernel has its part and the guest has used 140 of the
     * rest, so that much of the 130 in the balloon was used.
     */
    private static final long FALL_KIB = 48 << 10;

    private static final List<String> DRIVERS = List.of(
            "drivers/char/virtio_console.ko",
            "drivers/virtio/virtio_balloon.ko",
            "net/vmw_vsock/vsock.ko",
            "net/vmw_vsock/vmw_vsock_virtio_transport_common.ko",
            "net/vmw_vsock/vmw_vsock_virtio_transport.ko");

    private static final String INIT = """
            for each in /sys/class/virtio-ports/*; do
              [ "$(cat $each/name 2>/dev/null)" = test.data ] && port=/dev/${each##*/}
            done
            exec 3<>$port
            go() { read -r word <&3; }
            dd if=/dev/urandom of=/tmp/out bs=1024 count=256 2>/dev/null
            exec 4<>/dev/hvc0
            stty raw -echo <&4
            echo "hvc0 is $(stty size <&4 | tr ' ' x)"
            cat /tmp/out >&4
            echo "sent $(sha256sum < /tmp/out)"
            cat /tmp/out >&3
            head -c 262144 <&3 | sha256sum | sed 's/^/got /'

            for each in /sys/bus/virtio/devices/*; do
              [ $(cat $each/device) = 0x0005 ] && [ $(cut -c6 $each/features) = 1 ] && reporting=${each##*/}
            done
            echo $reporting > /sys/bus/virtio/drivers/virtio_balloon/unbind
            mount -t tmpfs -o size=100% none /mnt
            use() { dd if=/dev/zero of=/mnt/big bs=1M count=140 2>/dev/null || echo "no room"; rm /mnt/big; }
            use
            echo "memory was used"
            go
            dd if=/dev/urandom of=/mnt/a bs=1M count=20 2>/dev/null
            cp /mnt/a /mnt/b
            cmp /mnt/a /mnt/b && echo "memory is sound"
            rm /mnt/a /mnt/b
            go
            use
            echo "memory was used again"
            go
            echo $reporting > /sys/bus/virtio/drivers/virtio_balloon/bind
            go

            vsock listen 52
            vsock connect 53
            vsock connect 54
            poweroff -f
            """;

    private static final String WINDOW = """
            until [ -c /dev/hvc0 ]; do sleep 1; done
            exec 3<>/dev/hvc0
            echo "rows and columns: $(stty size <&3)" >&3
            until [ "$(stty size <&3)" = "50 132" ]; do sleep 1; done
            echo "and now 50 132" >&3
            poweroff -f
            """;

    private final byte[] data = new byte[256 << 10];

    @TempDir
    Path folder;

    @BeforeEach
    void fill() {
        new Random(11).nextBytes(data);
    }

    private static Path program() throws IOException {
        HostTool.require("gcc", "gcc and libc6-dev");
        Path made = Backplane.WORK.resolve("vsock");
        Path source = Backplane.WORK.resolve("vsock.c");
        try (InputStream in = VirtioDevicesIT.class.getResourceAsStream("vsock.c")) {
            Files.write(source, Objects.requireNonNull(in, "vsock.c").readAllBytes());
        }
        HostTool.run(Backplane.WORK, List.of("gcc", "-static", "-O1", "-o", made.toString(), source.toString()));
        return made;
    }

    /** On a terminal, for the shell's sake. */
    private Backplane start() throws IOException {
        HostTool.require("script", "bsdutils");
        Path initrd = GuestModules.initrd("devices", DRIVERS, INIT, Map.of("bin/vsock", program()));
        Path file = Files.writeString(folder.resolve("devices.yaml"), """
                name: devices
                memory: 256MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - type: virtio-console
                    id: ports
                    columns: 91
                    rows: 37
                    ports:
                      - {console: {type: file, path: hvc0}}
                      - {name: test.data, console: {type: socket, path: data}}
                  - {type: virtio-balloon, id: mem, reporting: false}
                  - {type: virtio-balloon, id: free}
                  - {type: virtio-vsock, id: vsock, path: vsock}
                """.formatted(DebianGuest.kernel(), initrd));
        return Backplane.of(Backplane.inOwnFolders(new ProcessBuilder(
                "script",
                "--quiet",
                "--return",
                "--command",
                "stty rows 33 cols 120; " + Backplane.HOME + "/backplane run " + file,
                "/dev/null")));
    }

    @Test
    void consolesBalloonsAndSocketsCarryWhatTheyAreGiven() throws Exception {
        try (var run = start()) {
            try (SocketChannel port = connect(folder.resolve("data"))) {
                ports(run, port);
                balloons(run, port);
                go(port);
            }
            sockets(run);
            assertEquals(0, run.await(STEP).status());
        }
    }

    @Test
    void aTerminalOnStdioHasTheSizeOfTheHostsAndFollowsIt() throws Exception {
        HostTool.require("script", "bsdutils");
        Path initrd = GuestModules.initrd("window", List.of("drivers/char/virtio_console.ko"), WINDOW, Map.of());
        Path file = Files.writeString(folder.resolve("window.yaml"), """
                name: window
                memory: 128MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: {type: file, path: com1.log}}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-console, id: hvc, ports: [{console: stdio}]}
                """.formatted(DebianGuest.kernel(), initrd));
        Path tty = folder.resolve("tty");
        try (var run = Backplane.of(Backplane.inOwnFolders(new ProcessBuilder(
                "script",
                "--quiet",
                "--return",
                "--command",
                "stty rows 33 cols 120; tty > " + tty + "; " + Backplane.HOME + "/backplane run " + file,
                "/dev/null")))) {
            run.awaitOutput("rows and columns: 33 120", BOOT);
            // As a user does who drags the window's corner.
            String terminal = Files.readString(tty).strip();
            HostTool.run(folder, List.of("stty", "-F", terminal, "rows", "50", "cols", "132"));
            run.awaitOutput("and now 50 132", STEP);
            assertEquals(0, run.await(STEP).status());
        }
    }

    private static void await(String what, BooleanSupplier condition, Backplane run) {
        long deadline = System.nanoTime() + STEP.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) {
                run.awaitOutput("waited in vain: " + what, Duration.ZERO);
            }
            try {
                Thread.sleep(100);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** Once the machine has made it. */
    private static SocketChannel connect(Path path) throws Exception {
        long deadline = System.nanoTime() + STEP.toNanos();
        while (true) {
            try {
                return SocketChannel.open(UnixDomainSocketAddress.of(path));
            } catch (IOException e) {
                if (System.nanoTime() > deadline) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
    }

    private static void go(SocketChannel port) throws IOException {
        Channels.newOutputStream(port).write('\n');
    }

    private void ports(Backplane run, SocketChannel port) throws Exception {
        OutputStream to = Channels.newOutputStream(port);
        InputStream from = Channels.newInputStream(port);
        run.awaitOutput("hvc0 is 37x91", BOOT);
        var received = new ByteArrayOutputStream();
        while (received.size() < data.length) {
            received.write(from.readNBytes(1));
        }
        run.awaitOutput("sent " + sum(received.toByteArray()), STEP);
        Path console = folder.resolve("hvc0");
        await("what hvc0 was given", () -> console.toFile().length() == data.length, run);
        assertArrayEquals(received.toByteArray(), Files.readAllBytes(console));
        to.write(data);
        run.awaitOutput("got " + sum(data), STEP);
    }

    private static String sum(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** Guest memory that the process has, in KiB. */
    private static long sharedKib(Backplane run) {
        try {
            return Files.readAllLines(Path.of("/proc/" + run.jvm().pid() + "/status")).stream()
                    .filter(line -> line.startsWith("RssShmem:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .sum();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void balloons(Backplane run, SocketChannel port) throws Exception {
        run.awaitOutput("memory was used", STEP);
        long used = sharedKib(run);
        run.send(CTRL_A + "c");
        run.awaitOutput("backplane> ", STEP);
        run.send("vm set devices mem.target=130MiB\r");
        run.awaitOutput("devices has mem.target=130MiB", STEP);
        await("memory that comes back by the balloon", () -> sharedKib(run) < used - FALL_KIB, run);
        run.send(CTRL_A + "c");
        go(port);
        run.awaitOutput("memory is sound", STEP);
        run.send(CTRL_A + "c");
        run.send("vm set devices mem.target=0\r");
        run.awaitOutput("devices has mem.target=0", STEP);
        run.send(CTRL_A + "c");
        go(port);
        run.awaitOutput("memory was used again", STEP);
        long again = sharedKib(run);
        go(port);
        await("memory that the guest reports", () -> sharedKib(run) < again - FALL_KIB, run);
    }

    /** What each side sends, and both know. */
    private static byte[] stream(long seed) {
        byte[] bytes = new byte[MEGABYTE];
        long state = seed;
        for (int i = 0; i < bytes.length; i++) {
            state = state * 6364136223846793005L + 1442695040888963407L;
            bytes[i] = (byte) (state >>> 56);
        }
        return bytes;
    }

    private void sockets(Backplane run) throws Exception {
        run.awaitOutput("vsock listens", STEP);
        // Before the guest can ask for it.
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(folder.resolve("vsock_53")));
            try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(folder.resolve("vsock")))) {
                Channels.newOutputStream(client).write("CONNECT 52\n".getBytes(StandardCharsets.US_ASCII));
                InputStream from = Channels.newInputStream(client);
                assertEquals("OK ", new String(from.readNBytes(3), StandardCharsets.US_ASCII));
                while (from.read() != '\n') {
                    // The host's port.
                }
                exchange(client);
            }
            run.awaitOutput("vsock listen: 1048576 bytes, 0 wrong", STEP);
            try (SocketChannel program = accepted(server)) {
                exchange(program);
            }
        }
        run.awaitOutput("vsock connect: 1048576 bytes, 0 wrong", STEP);
        // Nobody serves port 54.
        run.awaitOutput("connect: Connection reset by peer", STEP);
    }

    private static SocketChannel accepted(ServerSocketChannel server) throws Exception {
        return CompletableFuture.supplyAsync(() -> {
                    try {
                        return server.accept();
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                })
                .get(STEP.toSeconds(), TimeUnit.SECONDS);
    }

    /** A megabyte both ways at once, and the end of each. */
    private static void exchange(SocketChannel channel) throws Exception {
        CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> {
            try {
                Channels.newOutputStream(channel).write(stream(2));
                channel.shutdownOutput();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        assertArrayEquals(stream(1), Channels.newInputStream(channel).readAllBytes());
        sent.get(STEP.toSeconds(), TimeUnit.SECONDS);
    }
}
