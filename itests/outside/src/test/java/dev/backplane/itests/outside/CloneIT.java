package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clones of a Debian kernel that has the driver for vmgenid: each goes on, answers on a console of its own, and makes its random numbers anew.
 */
class CloneIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final int CLONES = Integer.getInteger("itests.clones", 5);
    /** What an idle clone may cost beside what it shares. */
    private static final long MOST_PRIVATE_BYTES = 16 << 20;

    private static final Pattern MAPPING = Pattern.compile("^[0-9a-f]+-[0-9a-f]+ ");
    private static final Pattern PRIVATE = Pattern.compile("Private_(?:Dirty|Clean): +([0-9]+) kB");
    private static final Path PACKAGES = Backplane.WORK.resolve("generic-kernel");

    private static final String INIT = """
            #!/bin/busybox sh
            /bin/busybox mount -t proc p /proc
            /bin/busybox mount -t sysfs s /sys
            /bin/busybox mount -t devtmpfs d /dev
            /bin/busybox --install -s /bin
            stty -echo
            ls -d /sys/bus/acpi/drivers/vmgenid/*:00
            echo "ready: $((6 * 7))"
            while read word number; do
              case $word in
                seed) echo "seeds $number: $(dmesg | grep -c 'crng reseeded due to virtual machine fork')";;
                random) echo "random $number: $(head -c 8 /dev/urandom | od -A n -t x8)";;
                time) sleep 1; echo "time $number: passes";;
                *) echo "$number says $word";;
              esac
            done
            """;

    @TempDir
    Path folder;

    /** The kernel that linux-image-amd64 stands for. */
    private static Path kernel() throws IOException {
        Path root = PACKAGES.resolve("root");
        if (!Files.exists(root)) {
            Files.createDirectories(PACKAGES);
            Matcher name = Pattern.compile("Depends: (linux-image-\\S+)")
                    .matcher(HostTool.run(PACKAGES, List.of("apt-cache", "depends", "linux-image-amd64")));
            assertTrue(name.find(), "apt-cache knows no kernel behind linux-image-amd64");
            HostTool.run(PACKAGES, List.of("apt-get", "download", name.group(1)));
            Path unfinished = PACKAGES.resolve("root.unfinished");
            try (var packages = Files.newDirectoryStream(PACKAGES, "*.deb")) {
                HostTool.run(
                        PACKAGES,
                        List.of("dpkg-deb", "-x", packages.iterator().next().toString(), unfinished.toString()));
            }
            Files.move(unfinished, root);
        }
        try (var kernels = Files.newDirectoryStream(root.resolve("boot"), "vmlinuz-*")) {
            return kernels.iterator().next();
        }
    }

    private Path initrd() throws IOException {
        Path made = folder.resolve("initrd.cpio");
        try (var out = new BufferedOutputStream(Files.newOutputStream(made))) {
            Files.copy(DebianGuest.initrd(), out);
            Initramfs.write(new TreeMap<>(Map.of("init", Files.writeString(folder.resolve("init"), INIT))), out);
        }
        return made;
    }

    @Test
    void clonesOfARunningLinuxAnswerEachOnItsOwnConsole() throws Exception {
        HostTool.require("script", "bsdutils");
        HostTool.require("apt-get", "apt");
        Path file = Files.writeString(folder.resolve("base.yaml"), """
                name: base
                memory: 256MiB
                cpu: bt
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: vmgenid, id: generation}
                """.formatted(kernel(), initrd()));
        var line = Backplane.HOME + "/backplane run " + file;
        try (var terminal = Backplane.of(Backplane.inOwnFolders(
                new ProcessBuilder("script", "--quiet", "--return", "--command", line, "/dev/null")))) {
            terminal.awaitOutput("BCKP0001:00", TIMEOUT);
            terminal.awaitOutput("ready: 42", TIMEOUT);
            terminal.send("hello 0\n");
            terminal.awaitOutput("0 says hello", TIMEOUT);
            terminal.send("\u0001c");
            terminal.awaitOutput("backplane> ", TIMEOUT);
            // What the first one costs, others do not: classes, the shell, the heap's first size.
            clone(terminal, "1 --name warm", "warm");
            List<Console> consoles = new ArrayList<>();
            try (Console warm = new Console(folder.resolve("warm"), 0)) {
                warm.send("hello");
                warm.await("0 says hello");
                Map<String, Long> before = privateBytes(terminal);
                clone(terminal, Integer.toString(CLONES), "c%d");
                for (int number = 1; number <= CLONES; number++) {
                    consoles.add(new Console(folder.resolve("c" + number), number));
                }
                checkClones(consoles);
                long each = more(before, privateBytes(terminal)) / CLONES;
                System.out.printf("%d clones, %.1f MiB each of their own%n", CLONES, each / (double) (1 << 20));
                assertTrue(each <= MOST_PRIVATE_BYTES, each + " bytes");
            } finally {
                consoles.forEach(Console::close);
            }
            terminal.send("\u0001c");
            terminal.awaitOutput("[base: com1.console]", TIMEOUT);
            terminal.send("still 0\nseed 0\n");
            terminal.awaitOutput("0 says still", TIMEOUT);
            terminal.awaitOutput("seeds 0: 0", TIMEOUT);
            terminal.send("\u0001x");
            terminal.await(TIMEOUT);
        }
    }

    private void clone(Backplane terminal, String which, String socket) {
        terminal.send("vm clone base %s --set 'devices.com1.console={type: socket, path: %s/%s}'\r"
                .formatted(which, folder, socket));
        System.out.println("clones after" + terminal.awaitOutputLine("of base after", TIMEOUT));
    }

    private static void checkClones(List<Console> consoles) throws IOException, InterruptedException {
        for (Console each : consoles) {
            each.send("hello");
        }
        Set<String> random = new HashSet<>();
        for (Console each : consoles) {
            each.await(each.number + " says hello");
            each.send("seed");
            each.await("seeds %d: 1".formatted(each.number));
            each.send("random");
            random.add(each.await("random %d: ([0-9a-f]+)".formatted(each.number)));
            each.send("time");
        }
        assertEquals(consoles.size(), random.size(), random.toString());
        for (Console each : consoles) {
            each.await("time %d: passes".formatted(each.number));
        }
    }

    /** What the process has to itself in each of its mappings; where only one machine has touched a page of shared memory, that too. */
    private static Map<String, Long> privateBytes(Backplane terminal) throws IOException {
        String process = Long.toString(terminal.jvm().pid());
        HostTool.run(Backplane.WORK, List.of(System.getProperty("java.home") + "/bin/jcmd", process, "GC.run"));
        Map<String, Long> mappings = new HashMap<>();
        String mapping = "";
        for (String line : Files.readAllLines(Path.of("/proc", process, "smaps"))) {
            Matcher found = PRIVATE.matcher(line);
            if (MAPPING.matcher(line).find()) {
                mapping = line;
            } else if (found.matches()) {
                mappings.merge(mapping, Long.parseLong(found.group(1)) << 10, Long::sum);
            }
        }
        return mappings;
    }

    /** What has come, without the memory of machines that were there before: what others share with them now went from theirs. */
    private static long more(Map<String, Long> before, Map<String, Long> after) {
        long sum = 0;
        for (var each : after.entrySet()) {
            sum += isMemory(each.getKey()) && before.containsKey(each.getKey()) ? 0 : each.getValue();
        }
        for (var each : before.entrySet()) {
            sum -= isMemory(each.getKey()) ? 0 : each.getValue();
        }
        return sum;
    }

    private static boolean isMemory(String mapping) {
        return mapping.contains("memfd:backplane-base");
    }

    /** The far end of a clone's console. */
    private static final class Console implements AutoCloseable {
        private final int number;
        private final SocketChannel channel;
        private final StringBuilder heard = new StringBuilder();
        private final ByteBuffer buffer = ByteBuffer.allocate(4096);

        Console(Path socket, int number) throws IOException {
            this.number = number;
            channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.configureBlocking(false);
        }

        void send(String word) throws IOException {
            channel.write(ByteBuffer.wrap((word + " " + number + "\n").getBytes(StandardCharsets.US_ASCII)));
        }

        /** What stands in the first group, or all that was found. */
        String await(String pattern) throws IOException, InterruptedException {
            long end = System.nanoTime() + TIMEOUT.toNanos();
            Pattern wanted = Pattern.compile(pattern.replace(": (", ": +(") + "[\r\n]");
            while (true) {
                Matcher found = wanted.matcher(heard);
                if (found.find()) {
                    return found.group(found.groupCount());
                }
                assertTrue(System.nanoTime() < end, "clone %d: no \"%s\" in: %s".formatted(number, pattern, heard));
                int count = channel.read(buffer.clear());
                assertTrue(count >= 0, "clone %d has hung up: %s".formatted(number, heard));
                heard.append(StandardCharsets.US_ASCII.decode(buffer.flip()));
                if (count == 0) {
                    Thread.sleep(10);
                }
            }
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        }
    }
}
