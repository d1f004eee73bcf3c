package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two guests with Debian's kernel and its network driver exchange data over a switch: files with their checksums, and iperf3's streams. */
class NetworkIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);

    private static final List<String> DRIVERS =
            List.of("net/core/failover.ko", "drivers/net/net_failover.ko", "drivers/net/virtio_net.ko");

    /** Of 32 that iperf3 is asked to send; what is under way at the end counts on one side alone. */
    private static final int LEAST_MEGABYTES = 28;

    private static final String SERVER = """
            ip link set lo up
            ip addr add 10.9.0.1/24 dev eth0
            ip link set eth0 up
            mkdir -p /www /tmp
            dd if=/dev/urandom of=/www/data bs=64k count=64 2>/dev/null
            sha256sum < /www/data > /www/sum
            httpd -p 80 -h /www
            iperf3 -s > /tmp/iperf &
            nc -l -p 5000 > /tmp/up
            echo "received: $(sha256sum < /tmp/up)"
            nc -l -p 5001 > /tmp/sum
            echo "sent: $(cat /tmp/sum)"
            poweroff -f
            """;

    private static final String CLIENT = """
            ip link set lo up
            ip addr add 10.9.0.2/24 dev eth0
            ip link set eth0 up
            mkdir -p /tmp
            until wget -q -O /tmp/sum http://10.9.0.1/sum; do sleep 1; done
            wget -q -O /tmp/data http://10.9.0.1/data
            sha256sum < /tmp/data | cmp - /tmp/sum && echo "the download is the same"
            echo "address: $(cat /sys/class/net/eth0/address) queues: $(ls -d /sys/class/net/eth0/queues/tx-* | wc -l)"
            for way in sends receives; do
              [ $way = sends ] && option= || option=-R
              until iperf3 -c 10.9.0.1 -n 32M -f m $option > /tmp/iperf; do sleep 1; done
              sed -n "s/^.*sec *\\(.* MBytes\\) *\\(.*\\) Mbits.* receiver/iperf3 $way \\1, \\2 Mbit\\/s/p" /tmp/iperf
            done
            dd if=/dev/urandom of=/tmp/up bs=64k count=64 2>/dev/null
            until nc 10.9.0.1 5000 < /tmp/up; do sleep 1; done
            until sha256sum < /tmp/up | nc 10.9.0.1 5001; do sleep 1; done
            poweroff -f
            """;

    @TempDir
    Path folder;

    private Path machine(String name, String init, String console, String options) throws IOException {
        return Files.writeString(folder.resolve(name + ".yaml"), """
                name: %s
                memory: 128MiB
                cpus: 2
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: %s}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-net, id: net0, %s}
                """.formatted(
                        name,
                        DebianGuest.kernel(),
                        GuestModules.initrd("network-" + name, DRIVERS, init, iperf()),
                        console,
                        options));
    }

    @ParameterizedTest
    @CsvSource({"true, 1", "false, 2"})
    void whatTwoGuestsSendEachOtherArrives(boolean offloads, int queues) throws IOException {
        String options = "offloads: %s, queues: %d, mac: \"02:00:00:00:00:%s\", network: {type: switch, name: lan%s}";
        Path server =
                machine("server", SERVER, "stdio", options.formatted(offloads, queues, "01", ", capture: server.pcap"));
        Path client = machine(
                "client", CLIENT, "{type: file, path: client.log}", options.formatted(offloads, queues, "02", ""));
        var result = Backplane.run(TIMEOUT, "run", "--with", client.toString(), server.toString());
        String log = Files.readString(folder.resolve("client.log"));
        result.assertStatus(0);
        assertTrue(log.contains("the download is the same"), () -> log + result.text());
        assertTrue(log.contains("address: 02:00:00:00:00:02 queues: " + queues), log);
        for (String way : List.of("sends", "receives")) {
            Matcher iperf = Pattern.compile("iperf3 " + way + " ([0-9.]+) MBytes, ([0-9.]+) Mbit/s")
                    .matcher(log);
            assertTrue(iperf.find(), log);
            assertTrue(Double.parseDouble(iperf.group(1)) >= LEAST_MEGABYTES, log);
            System.out.printf("offloads %s, %d queues: %s%n", offloads, queues, iperf.group());
        }
        String received = line(result.text(), "received: ");
        assertEquals(received, line(result.text(), "sent: "), () -> log + result.text());
        ByteBuffer capture = ByteBuffer.wrap(Files.readAllBytes(folder.resolve("server.pcap")));
        assertEquals(0xa1b2_3c4d, capture.getInt());
        assertTrue(capture.capacity() > 1 << 16, "frames are in the capture");
    }

    private static Map<String, Path> iperf() throws IOException {
        return DebianPrograms.files(
                Backplane.WORK.resolve("iperf3"),
                List.of("iperf3", "libiperf0", "libsctp1", "libssl3", "libc6"),
                List.of("usr/bin/iperf3"),
                new TreeMap<>());
    }

    private static String line(String text, String begin) {
        int at = text.indexOf(begin);
        assertTrue(at >= 0, () -> "'" + begin + "' expected in:\n" + text);
        return text.substring(at + begin.length()).lines().findFirst().orElse("");
    }
}
