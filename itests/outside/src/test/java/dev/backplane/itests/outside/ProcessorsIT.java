package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** vCPUs come to Debian's kernel and go again while all of them work and their scheduler changes, from Backplane's shell. */
class ProcessorsIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final String CTRL_A = "\u0001";

    /** A new processor is started by hand, as udev would; four workers check the same sum again and again. */
    private static final String INIT = """
            sum=$(seq 1 5000 | sha256sum)
            for worker in 1 2 3 4; do
              while :; do
                [ "$(seq 1 5000 | sha256sum)" = "$sum" ] && echo >> /right$worker || echo "worker $worker: wrong"
              done &
            done
            before=
            while [ ! -e /end ]; do
              for one in /sys/devices/system/cpu/cpu[1-9]; do
                [ "$(cat $one/online 2>/dev/null)" != 0 ] || echo 1 2>/dev/null > $one/online
              done
              now=$(cat /sys/devices/system/cpu/online)
              [ "$now" = "$before" ] || echo "online $now, nproc $(nproc), lists $(grep -c ^processor /proc/cpuinfo)."
              [ "$now" != "0-2" ] || touch /end
              before=$now
              usleep 200000
            done
            for worker in 1 2 3 4; do
              [ $(wc -l < /right$worker) -gt 5 ] && echo "worker $worker has worked"
            done
            complaints='lockup|rcu.*stall|ACPI.*[Ee]rror|BUG:|WARNING:'
            dmesg | grep -E "$complaints"
            echo "complaints: $(dmesg | grep -c -E "$complaints")"
            poweroff -f
            """;

    @TempDir
    Path folder;

    @Test
    void theyComeAndGoUnderLoad() throws IOException {
        HostTool.require("script", "bsdutils");
        Path file = Files.writeString(folder.resolve("hot.yaml"), """
                name: hot
                cpus: 1
                maxCpus: 4
                memory: 256MiB
                scheduler: fair
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                """.formatted(
                        DebianGuest.kernel(), GuestModules.initrd("processors", List.of(), INIT, Map.of())));
        var line = Backplane.HOME + "/backplane run " + file;
        try (var terminal = Backplane.of(Backplane.inOwnFolders(
                new ProcessBuilder("script", "--quiet", "--return", "--command", line, "/dev/null")))) {
            terminal.awaitOutput("online 0, nproc 1, lists 1.", TIMEOUT);
            set(terminal, "backplane> ", "cpus=4", "hot has cpus=4");
            terminal.awaitOutput("online 0-3, nproc 4, lists 4.", TIMEOUT);
            set(terminal, "[Backplane's shell]", "scheduler=credit", "hot has scheduler=credit");
            set(terminal, "[Backplane's shell]", "--within 240 cpus=2", "hot has cpus=2");
            terminal.awaitOutput("online 0-1, nproc 2, lists 2.", TIMEOUT);
            set(terminal, "[Backplane's shell]", "cpus=5", "cpus: 5: expected from 1 to 4");
            set(terminal, "[Backplane's shell]", "'scheduler={type: realtime, budget: 8ms, affinity: [0]}'", "hot has");
            set(
                    terminal,
                    "[Backplane's shell]",
                    "cpus=3",
                    "the scheduler refuses 3 vCPUs: 3 vCPUs with 8ms of every 20ms need 120.0 % of a processor");
            set(terminal, "[Backplane's shell]", "'scheduler={type: realtime, budget: 5ms, affinity: [0]}'", "hot has");
            set(terminal, "[Backplane's shell]", "cpus=3", "hot has cpus=3");
            terminal.awaitOutput("online 0-2, nproc 3, lists 3.", TIMEOUT);
            terminal.awaitOutput("complaints: 0", TIMEOUT);
            var result = terminal.await(TIMEOUT);
            assertEquals(0, result.status());
            assertTrue(!result.text().contains("wrong"), result.text());
            assertEquals(4, result.text().split("has worked", -1).length - 1, result.text());
        }
    }

    /** In the shell; the console follows again. */
    private static void set(Backplane terminal, String prompt, String assignment, String answer) {
        terminal.send(CTRL_A + "c");
        // What is typed before the first prompt is lost.
        terminal.awaitOutput(prompt, TIMEOUT);
        terminal.send("vm set hot " + assignment + "\r");
        terminal.awaitOutput(answer, TIMEOUT);
        terminal.send(CTRL_A + "c");
    }
}
