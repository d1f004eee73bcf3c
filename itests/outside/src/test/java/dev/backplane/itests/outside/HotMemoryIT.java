package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Memory comes to Debian's kernel, is used, and goes again, from Backplane's shell. */
class HotMemoryIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final String CTRL_A = "\u0001";

    /** Of the file that the guest writes, by the host's sha256sum. */
    private static final String SUM = "sum 51f1437324f6dfa2828d00e437f1be4f34e40f2b9030adaabd8b277f7e63278c";

    /** What is written does not fit into the memory that the machine begins with. */
    private static final String INIT = """
            echo online_movable > /sys/devices/system/memory/auto_online_blocks
            total() { sed -n 's/MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo; }
            before=$(total)
            echo "it begins"
            until [ $(total) -gt $((before + 250000)) ]; do sleep 1; done
            echo "256 MiB have come"
            mount -t tmpfs -o size=90% none /mnt
            yes 0123456789abcdef | head -c 300000000 > /mnt/big
            echo "sum $(sha256sum < /mnt/big)"
            rm /mnt/big
            until [ $(total) -lt $((before + 2000)) ]; do sleep 1; done
            echo "they have gone"
            complaints='virtio_mem.*([Ee]rror|[Ff]ail)|BUG:|WARNING:'
            dmesg | grep -E "$complaints"
            echo "complaints: $(dmesg | grep -c -E "$complaints")"
            poweroff -f
            """;

    @TempDir
    Path folder;

    @Test
    void itComesIsUsedAndGoes() throws IOException {
        HostTool.require("script", "bsdutils");
        Path file = Files.writeString(folder.resolve("hot.yaml"), """
                name: hot
                memory: 192MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-mem, id: mem0, max: 512MiB}
                """.formatted(
                        DebianGuest.kernel(),
                        GuestModules.initrd("memory", List.of("drivers/virtio/virtio_mem.ko"), INIT, Map.of())));
        var line = Backplane.HOME + "/backplane run " + file;
        try (var terminal = Backplane.of(Backplane.inOwnFolders(
                new ProcessBuilder("script", "--quiet", "--return", "--command", line, "/dev/null")))) {
            terminal.awaitOutput("it begins", TIMEOUT);
            terminal.send(CTRL_A + "c");
            // What is typed before the first prompt is lost.
            terminal.awaitOutput("backplane> ", TIMEOUT);
            say(terminal, "vm set hot mem0.size=1MiB", "size: 1048576: expected a multiple of the block");
            say(terminal, "vm set hot mem0.size=256MiB", "hot has mem0.size=256MiB");
            terminal.send(CTRL_A + "c");
            terminal.awaitOutput("256 MiB have come", TIMEOUT);
            terminal.awaitOutput(SUM, TIMEOUT);
            terminal.send(CTRL_A + "c");
            terminal.awaitOutput("[Backplane's shell]", TIMEOUT);
            terminal.send("vm show hot\r");
            String plugged = terminal.awaitOutputLine("mem0.plugged-bytes", TIMEOUT);
            assertEquals("268,435,456", plugged.strip());
            say(terminal, "vm set hot mem0.size=0", "hot has mem0.size=0");
            terminal.send(CTRL_A + "c");
            terminal.awaitOutput("they have gone", TIMEOUT);
            terminal.awaitOutput("complaints: 0", TIMEOUT);
            assertEquals(0, terminal.await(TIMEOUT).status());
        }
    }

    private static void say(Backplane terminal, String command, String answer) {
        terminal.send(command + "\r");
        terminal.awaitOutput(answer, TIMEOUT);
    }
}
