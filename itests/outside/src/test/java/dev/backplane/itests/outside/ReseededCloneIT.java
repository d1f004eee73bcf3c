package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clones of the demo's guest, whose kernel has no driver for vmgenid: its own program makes the random numbers anew, and then the network opens. */
class ReseededCloneIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);

    private static final List<String> DRIVERS =
            List.of("net/core/failover.ko", "drivers/net/net_failover.ko", "drivers/net/virtio_net.ko");

    private static final String INIT = """
            mkdir -p /run
            mount -t tmpfs tmp /run
            exec /libexec/init
            """;

    @TempDir
    Path folder;

    private Serving define() throws IOException {
        Files.writeString(folder.resolve("demo.yaml"), """
                name: demo
                memory: 128MiB
                onClone: isolate
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet backplane.reseed=/dev/ttyS1"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: serial-16550, id: com2, com: 2, console: reseed}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-net, id: net0, network: user}
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
            // So that it is seen what is before: the program waits in the clones until it is told to go on.
            assertEquals("0", ask(serving, "demo", "stop", "kill -STOP $(pidof itself); echo $?"));
            serving.done("vm", "clone", "demo", "2", "--name", "c%d");
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
            for (String machine : List.of("demo", "c1", "c2")) {
                serving.done("vm", "kill", machine);
            }
            serve.signal("TERM");
            serve.await(TIMEOUT);
        }
    }
}
