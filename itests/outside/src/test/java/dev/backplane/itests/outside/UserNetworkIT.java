package dev.backplane.itests.outside;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's kernel on the user network: an address by DHCP, a page of the host's loopback, and a connection from the host. */
class UserNetworkIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final int PAGE_BYTES = 4 << 20;
    private static final long RETRY_MILLIS = 200;

    private static final List<String> DRIVERS =
            List.of("net/core/failover.ko", "drivers/net/net_failover.ko", "drivers/net/virtio_net.ko");

    private static final String LEASE = """
            #!/bin/busybox sh
            if [ "$1" = bound ]; then
                ip addr add $ip/$mask dev eth0
                ip route add default via $router
                echo "lease: $ip/$mask router $router dns $dns mtu $mtu"
            fi
            """;

    private static final String INIT = """
            mkdir -p /tmp
            ip link set lo up
            ip link set eth0 up
            until udhcpc -n -q -f -i eth0 -s /lease; do sleep 1; done
            ping -c 1 -w 60 10.0.2.2 > /tmp/ping && echo "the router is there"
            wget -q -O /tmp/page http://10.0.2.2:%1$d/page
            echo "page: $(sha256sum < /tmp/page)"
            wget -q -O /tmp/page http://127.0.0.1:%1$d/page || echo "the guest's loopback is its own"
            wget -q -O /tmp/page http://10.0.2.2:1/ 2>&1 | grep refused
            until ip -6 addr show dev eth0 | grep -q fec0; do sleep 1; done
            ping -6 -c 1 -w 60 fec0::2 > /tmp/ping && echo "the IPv6 router is there"
            echo "hello host" > /tmp/out
            until [ -s /tmp/in ]; do nc -l -p 5000 < /tmp/out > /tmp/in; done
            echo "received: $(cat /tmp/in)"
            poweroff -f
            """;

    @TempDir
    Path folder;

    @Test
    void theGuestGetsAnAddressFetchesAPageAndIsReachedThroughAForward() throws Exception {
        byte[] page = new byte[PAGE_BYTES];
        new Random(5).nextBytes(page);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/page", exchange -> {
            exchange.sendResponseHeaders(200, page.length);
            try (var body = exchange.getResponseBody()) {
                body.write(page);
            }
        });
        server.start();
        try {
            int forwarded = freePort();
            var client = new FutureTask<>(() -> greet(forwarded));
            Thread.ofVirtual().start(client);
            var result = Backplane.run(
                    TIMEOUT,
                    "run",
                    machine(server.getAddress().getPort(), forwarded).toString());
            result.assertStatus(0);
            String sum = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(page));
            for (String line : List.of(
                    "lease: 10.0.2.15/24 router 10.0.2.2 dns 10.0.2.3 mtu 1500",
                    "the router is there",
                    "page: " + sum,
                    "the guest's loopback is its own",
                    "Connection refused",
                    "the IPv6 router is there",
                    "received: hello guest")) {
                assertTrue(
                        result.text().contains(line), () -> line + " expected in:\n" + result.text() + result.errors());
            }
            assertEquals("hello host\n", client.get());
        } finally {
            server.stop(0);
        }
    }

    private Path machine(int port, int forwarded) throws IOException {
        Path lease = Files.writeString(folder.resolve("lease"), LEASE);
        assertTrue(lease.toFile().setExecutable(true));
        Path initrd = GuestModules.initrd("network-user", DRIVERS, INIT.formatted(port), Map.of("lease", lease));
        return Files.writeString(folder.resolve("user.yaml"), """
                name: user
                memory: 128MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-net, id: net0, network: {type: user, forward: [{hostPort: %d, guestPort: 5000}]}}
                """.formatted(DebianGuest.kernel(), initrd, forwarded));
    }

    /** Says hello to the guest; again where it does not listen yet, which ends the connection. */
    private static String greet(int port) throws InterruptedException {
        while (true) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.getOutputStream().write("hello guest".getBytes(US_ASCII));
                socket.shutdownOutput();
                String answer = new String(socket.getInputStream().readAllBytes(), US_ASCII);
                if (!answer.isEmpty()) {
                    return answer;
                }
            } catch (IOException notYet) {
                Thread.sleep(RETRY_MILLIS);
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
