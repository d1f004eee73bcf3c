package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clones of the demo's guest, whose kernel has no driver for vmgenid: its own program makes the random numbers anew, and then the network opens.
 * The machine has grown by a vCPU, memory and a disk before; one clone runs on {@code bt}, another and its own clone are interpreted.
 */
class ReseededCloneIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);

    private static final List<String> DRIVERS = List.of(
            "net/core/failover.ko",
            "drivers/net/net_failover.ko",
            "drivers/net/virtio_net.ko",
            "drivers/virtio/virtio_mem.ko");

    /** What the guest has: vCPUs, whether its memory is more than it began with, and a disk's first bytes. */
    private static final String GROWN = "echo $(nproc)"
            + " $([ $(sed -n 's/MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo) -gt 150000 ] && echo more)"
            + " $(head -c 5 /dev/nvme0n1)";

    private static final String INIT = """
            mkdir -p /run
            mount -t tmpfs tmp /run
            echo online_movable > /sys/devices/system/memory/auto_online_blocks
            exec /libexec/init
            """;

    @TempDir
    Path folder;

    private Serving define() throws IOException {
        Files.writeString(folder.resolve("demo.yaml"), """
                name: demo
                memory: 128MiB
                cpu: bt
                maxCpus: 2
                onClone: isolate
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet backplane.reseed=/dev/ttyS1"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: serial-16550, id: com2, com: 2, console: reseed}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-net, id: net0, network: user}
                  - {type: virtio-mem, id: mem0, max: 128MiB}
                """.formatted(
                        DebianGuest.kernel(), GuestModules.initrd("reseeded", DRIVERS, INIT, Map.of())));
        return new Serving(folder);
    }

    /** Has a command carried out in a guest's shell: the line that it prints. */
    private static String ask(Serving serving, String machine, String tag, String command) {
        try (var console = serving.open("vm", "console", machine)) {
            // As it is typed it is not the line that is waited for.
            console.send("echo \"%s\"\": $(%s)\"\r".formatted(tag, command));
            return console.awaitOutputLine(tag + ": ", TIMEOUT).strip();
        }
    }

    private static void awaitAnswer(Serving serving, String machine, String tag, String command, String wanted)
            throws InterruptedException {
        String answer = "";
        for (long end = System.nanoTime() + TIMEOUT.toNanos(); System.nanoTime() < end; Thread.sleep(200)) {
            answer = ask(serving, machine, tag + System.nanoTime(), command);
            if (answer.equals(wanted)) {
                return;
            }
        }
        assertEquals(wanted, answer);
    }

    private void grow(Serving serving) throws Exception {
        byte[] disk = new byte[1 << 20];
        byte[] label = "plug!".getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(label, 0, disk, 0, label.length);
        Files.write(folder.resolve("data.img"), disk);
        serving.done("vm", "set", "demo", "cpus=2");
        serving.done("vm", "set", "demo", "mem0.size=128MiB");
        serving.done(
                "device",
                "add",
                "demo",
                "{type: nvme, id: data, readOnly: true, disk: {type: raw, on: {type: file, path: data.img, readOnly: true}}}");
        awaitAnswer(serving, "demo", "online", "echo 1 > /sys/devices/system/cpu/cpu1/online; nproc", "2");
        awaitAnswer(serving, "demo", "grown", GROWN, "2 more plug!");
    }

    private static boolean isCutOff(Serving serving, String machine) {
        return serving.done("vm", "show", machine).contains("cut off until the guest has made its random numbers anew");
    }

    @Test
    void aCloneOfTheDemosGuestHasRandomNumbersOfItsOwnBeforeItsNetworkOpens() throws Exception {
        Serving serving = define();
        String carrier = "cat /sys/class/net/eth0/carrier";
        String ping = "ping -c 1 -W 1 10.0.2.2 >/dev/null && echo reaches || echo lost";
        String random = "head -c 16 /dev/urandom | md5sum";
        try (var serve = serving.start()) {
            serving.done("vm", "define", "demo.yaml");
            serving.done("vm", "start", "demo");
            try (var console = serving.open("vm", "console", "demo")) {
                console.awaitOutput("root@guest", TIMEOUT);
            }
            assertEquals("1", ask(serving, "demo", "carrier 0", carrier));
            assertEquals("reaches", ask(serving, "demo", "ping 0", ping));
            grow(serving);
            // So that it is seen what is before: the program waits in the clones until it is told to go on.
            assertEquals("0", ask(serving, "demo", "stop", "kill -STOP $(pidof itself); echo $?"));
            serving.done("vm", "clone", "demo", "1", "--name", "c1");
            serving.done("vm", "clone", "demo", "1", "--name", "c2", "--set", "cpu.type=soft");
            for (int number = 1; number <= 2; number++) {
                String clone = "c" + number;
                assertEquals("0", ask(serving, clone, "carrier 1", carrier));
                assertEquals("lost", ask(serving, clone, "ping 1", ping));
                assertTrue(isCutOff(serving, clone));
            }
            String[] own = new String[3];
            for (int number = 1; number <= 2; number++) {
                String clone = "c" + number;
                assertEquals("0", ask(serving, clone, "go on", "kill -CONT $(pidof itself); echo $?"));
                awaitAnswer(serving, clone, "carrier", carrier, "1");
                own[number] = ask(serving, clone, "random 2", random);
                awaitAnswer(serving, clone, "ping", ping, "reaches");
                assertFalse(isCutOff(serving, clone));
            }
            assertNotEquals(own[1], own[2]);
            assertEquals("reaches", ask(serving, "demo", "ping 2", ping));
            serving.done("vm", "clone", "c2", "1", "--name", "c3");
            awaitAnswer(serving, "c3", "carrier", carrier, "1");
            assertNotEquals(own[2], ask(serving, "c3", "random 2", random));
            for (String clone : List.of("c1", "c2", "c3")) {
                awaitAnswer(serving, clone, "grown", GROWN, "2 more plug!");
            }
            for (String machine : List.of("demo", "c1", "c2", "c3")) {
                serving.done("vm", "kill", machine);
            }
            serve.signal("TERM");
            serve.await(TIMEOUT);
        }
    }
}
