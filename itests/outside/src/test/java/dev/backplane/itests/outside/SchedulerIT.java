package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
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

    @Test
    void weightsHoldAfterNewVersionsAndOtherTypes() throws Exception {
        var serving = new Serving(folder);
        new BootSector().loop().in(folder);
        try (var serve = serving.start()) {
            for (var machine : Map.of("heavy", 300, "light", 100).entrySet()) {
                Files.writeString(folder.resolve(machine.getKey() + ".yaml"), """
                        name: %s
                        memory: 1MiB
                        boot: {kernel: sector}
                        scheduler: {type: fair, weight: %d, affinity: [0]}
                        """.formatted(
                                machine.getKey(), machine.getValue()));
                serving.done("vm", "define", machine.getKey() + ".yaml");
                serving.done("vm", "start", machine.getKey());
            }
            compareShares(serve, "fair");
            serving.done(
                    "plugin", "update", RebuiltPlugin.of(FAIR, "7.0.0", folder).toString());
            compareShares(serve, "fair 7.0.0");
            serving.done("vm", "set", "heavy", "scheduler={type: credit, weight: 768, affinity: [0]}");
            serving.done("vm", "set", "light", "scheduler={type: credit, weight: 256, affinity: [0]}");
            compareShares(serve, "credit");
            serving.refused(
                    1,
                    "of the 90.0 % that are given away on processors {0}, 90.0 % are left",
                    "vm",
                    "set",
                    "heavy",
                    "scheduler={type: realtime, period: 20ms, budget: 19ms, affinity: [0]}");
            assertTrue(serving.done("vm", "show", "heavy").contains("dev.backplane.scheduler.credit "));
            serving.done("vm", "set", "heavy", "scheduler={type: realtime, period: 20ms, budget: 9ms, affinity: [0]}");
            serving.done("vm", "set", "light", "scheduler={type: realtime, period: 20ms, budget: 3ms, affinity: [0]}");
            compareShares(serve, "realtime");
            serving.done("vm", "set", "heavy", "scheduler=host");
            serving.done("vm", "set", "light", "scheduler=host");
            assertTrue(serving.done("vm", "show", "heavy").contains("dev.backplane.scheduler.host "));
            // A type alone has the options that it had last.
            serving.done("vm", "set", "light", "scheduler=fair");
            serving.done("vm", "set", "heavy", "scheduler=fair");
            compareShares(serve, "fair again");
            serve.signal("TERM");
            assertEquals(143, serve.await(STEP).status());
        }
    }

    /** Of one processor: whatever else the host does takes from both. Linux counts. */
    private static void compareShares(Backplane serve, String scheduler) throws IOException, InterruptedException {
        Thread.sleep(300);
        long heavy = used(serve, "heavy");
        long light = used(serve, "light");
        Thread.sleep(2000);
        heavy = used(serve, "heavy") - heavy;
        light = used(serve, "light") - light;
        System.out.printf(
                "%s: %d and %d ticks of a processor, %.2f times as much, where weights are 3 and 1%n",
                scheduler, heavy, light, (double) heavy / light);
        assertTrue(heavy > 2 * light && heavy < 4.5 * light, scheduler + ": " + heavy + " and " + light);
    }

    /** Ticks in which the thread of a machine's only vCPU has run (proc_pid_stat(5): utime, stime). */
    private static long used(Backplane serve, String machine) throws IOException {
        Path tasks = Path.of("/proc", Long.toString(serve.jvm().pid()), "task");
        try (var threads = Files.newDirectoryStream(tasks)) {
            for (Path thread : threads) {
                String stat = stat(thread);
                if (stat.contains("(" + machine + "/vcpu0)")) {
                    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                    return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
                }
            }
        }
        throw new AssertionError("no thread of " + machine);
    }

    private static String stat(Path thread) throws IOException {
        try {
            return Files.readString(thread.resolve("stat"));
        } catch (NoSuchFileException e) {
            return "";
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
