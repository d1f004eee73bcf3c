package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Linux on far more vCPUs than the host has processors, capped further and further, while its scheduler is replaced. */
class SchedulerIT {
    private static final Duration BOOT = Duration.ofMinutes(5);
    private static final Duration STEP = Duration.ofMinutes(3);
    private static final int VCPUS = 16;
    private static final String FAIR = "dev.backplane.scheduler.fair";

    /** How long the lowest cap lasts: Linux complains of a processor that has not been heard of for 20 s. {@code -Psteady} waits for that. */
    private static final Duration CAPPED = Duration.ofSeconds(Integer.getInteger("itests.boots", 20) > 20 ? 60 : 8);

    private static final String INIT = """
            stty -echo
            storm
            echo "the kernel's messages:"
            dmesg -r
            echo "that was all"
            poweroff -f
            """;

    private final LinuxMessages messages = new LinuxMessages();

    @TempDir
    Path folder;

    @Test
    void sixteenVcpusComeThroughAStormWithCapsAndNewSchedulers() throws Exception {
        var serving = new Serving(folder);
        Path initrd = GuestModules.initrd(
                "storm", List.of(), INIT, Map.of("usr/bin/storm", UserPrograms.freestanding("storm")));
        Files.writeString(folder.resolve("storm.yaml"), """
                name: storm
                cpus: %d
                memory: 512MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                scheduler: fair
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                """.formatted(VCPUS, DebianGuest.kernel(), initrd));
        try (var serve = serving.start()) {
            serving.done("vm", "define", "storm.yaml");
            serving.done("vm", "start", "storm");
            try (var console = serving.open("vm", "console", "storm")) {
                console.awaitOutput("storm on " + VCPUS + " processors", BOOT);
                allGoOn(console);
                for (String cap : List.of("100%", "50%")) {
                    serving.done("vm", "set", "storm", "scheduler.cap=" + cap);
                    allGoOn(console);
                }
                for (String version : List.of("7.0.0", "7.1.0", "7.2.0")) {
                    serving.done(
                            "plugin",
                            "update",
                            RebuiltPlugin.of(FAIR, version, folder).toString());
                    allGoOn(console);
                }
                assertTrue(serving.done("vm", "show", "storm").contains(FAIR + " 7.2.0"), "the last one decides");
                serving.done("vm", "set", "storm", "scheduler.cap=10%");
                Thread.sleep(CAPPED);
                serving.done("vm", "set", "storm", "scheduler.cap=0%");
                allGoOn(console);
                console.send("enough\n");
                console.awaitOutput("that was all", STEP);
                String text = console.await(STEP).text();
                assertTrue(LinuxMessages.withPriority(text) > 100, text);
                assertEquals(List.of(), messages.complaints(text), text);
                assertFalse(text.contains("WRONG"), text);
            }
            serve.signal("TERM");
            assertEquals(143, serve.await(STEP).status());
        }
    }

    /** Waits until every vCPU has done a round from now on: they share a lock, and each round takes a turn of all of them. */
    private static void allGoOn(Backplane console) throws InterruptedException {
        long end = System.nanoTime() + STEP.toNanos();
        long least;
        console.send("begin\n");
        do {
            assertTrue(System.nanoTime() < end, "a vCPU stands still");
            Thread.sleep(1000);
            console.send("report\n");
            least = Long.parseLong(console.awaitOutputLine("least ", STEP).split(" ")[0]);
        } while (least == 0);
    }
}
