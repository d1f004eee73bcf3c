package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's kernel reads a disk through filters. */
class DiskFilterIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);

    private static final String INIT = """
            echo "it reads"
            echo "sum: $(md5sum < /dev/vda)"
            poweroff -f
            """;

    @TempDir
    Path folder;

    private Path machine(byte[] base) throws IOException {
        Files.write(folder.resolve("base.raw"), base);
        HostTool.run(folder, List.of("qemu-img", "create", "-f", "qcow2", "-b", "base.raw", "-F", "raw", "top.qcow2"));
        Path initrd = GuestModules.initrd("filter", List.of("drivers/block/virtio_blk.ko"), INIT, Map.of());
        return Files.writeString(folder.resolve("filter.yaml"), """
                name: filter
                memory: 256MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - type: virtio-block
                    id: disk0
                    disk:
                      format: qcow2
                      file: top.qcow2
                      backing: {format: raw, file: base.raw}
                      filters: [{type: rate-limit, read: {operations: 2, operationsBurst: 10}}, copy-on-read]
                """.formatted(DebianGuest.kernel(), initrd));
    }

    /** Held back by one filter while it is paused and goes on, it fetches its image by the other. */
    @Test
    void aMachineThatMayReadLittleIsPausedGoesOnAndHasItsWholeImageInTheEnd() throws Exception {
        HostTool.require("script", "bsdutils");
        HostTool.require("qemu-img", "qemu-utils");
        byte[] base = new byte[16 << 20];
        new Random(5).nextBytes(base);
        Arrays.fill(base, 3 << 20, 7 << 20, (byte) 0);
        var line = Backplane.HOME + "/backplane run " + machine(base);
        try (var terminal = Backplane.of(Backplane.inOwnFolders(
                new ProcessBuilder("script", "--quiet", "--return", "--command", line, "/dev/null")))) {
            terminal.awaitOutput("it reads", TIMEOUT);
            terminal.send("\u0001c");
            terminal.awaitOutput("backplane> ", TIMEOUT);
            terminal.send("vm pause filter\r");
            terminal.awaitOutput("filter is paused", TIMEOUT);
            terminal.send("vm resume filter\r");
            terminal.awaitOutput("filter goes on", TIMEOUT);
            terminal.send("vm set filter disk0.disk.read.operations=1000000\r");
            terminal.awaitOutput("filter has disk0.disk.read.operations=1000000", TIMEOUT);
            terminal.send("\u0001c");
            String sum =
                    HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(base));
            terminal.awaitOutput("sum: " + sum, TIMEOUT);
            assertEquals(0, terminal.await(TIMEOUT).status());
        }
        HostTool.run(folder, List.of("qemu-img", "check", "top.qcow2"));
        HostTool.run(folder, List.of("qemu-img", "rebase", "-u", "-f", "qcow2", "-b", "", "top.qcow2"));
        HostTool.run(folder, List.of("qemu-img", "compare", "-f", "qcow2", "-F", "raw", "top.qcow2", "base.raw"));
        // Zeros came as zeros.
        assertTrue(Files.size(folder.resolve("top.qcow2")) < 14 << 20, () -> folder + "/top.qcow2 is too long");
    }
}
