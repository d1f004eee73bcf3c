package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo on a root file system of its own, with a network; the host's tools look at what is left of it. */
class DemoDiskIT {
    private static final Duration BOOT = Duration.ofSeconds(300);
    private static final Duration STEP = Duration.ofSeconds(60);
    private static final String PAGE = "Hello from the host.\n";

    @TempDir
    Path folder;

    @BeforeAll
    static void tools() {
        HostTool.require("e2fsck", "e2fsprogs");
        HostTool.require("qemu-img", "qemu-utils");
        HostTool.require("script", "bsdutils");
    }

    /** Fails unless image and file system are sound, with nothing to be replayed; the result is the disk as it is. */
    private Path sound(Path disk) throws IOException {
        HostTool.run(folder, List.of("qemu-img", "check", disk.toString()));
        Path raw = folder.resolve("disk.raw");
        HostTool.run(folder, List.of("qemu-img", "convert", "-O", "raw", disk.toString(), raw.toString()));
        HostTool.run(folder, List.of("e2fsck", "-fn", raw.toString()));
        String state = HostTool.run(folder, List.of("debugfs", "-R", "stats -h", raw.toString()));
        assertFalse(state.contains("needs_recovery"), state);
        return raw;
    }

    @Test
    void whatIsWrittenToANamedDiskStaysAndPowerOffLeavesItSound() throws IOException {
        Path disk = folder.resolve("mine.qcow2");
        var line = Backplane.HOME + "/backplane demo --disk=" + disk;
        try (var terminal = Backplane.of(Backplane.inOwnFolders(
                new ProcessBuilder("script", "--quiet", "--return", "--command", line, "/dev/null")))) {
            terminal.awaitOutput("A page of the host: wget -qO- http://10.0.2.2:", BOOT);
            terminal.awaitOutput("root@guest:", STEP);
            terminal.send("wget -qO- $BACKPLANE_PAGE\r");
            terminal.awaitOutput("Hello from the host.", STEP);
            terminal.send("echo typed > typed; sleep 1000 > open & echo do''ne\r");
            terminal.awaitOutput("\ndone", STEP);
            terminal.send("poweroff\r");
            assertEquals(0, terminal.await(STEP).status());
        }
        Path raw = sound(disk);
        assertTrue(HostTool.run(folder, List.of("debugfs", "-R", "cat /root/typed", raw.toString()))
                .contains("typed\n"));
        var again = Backplane.run(BOOT, "demo", "--disk", disk.toString(), "--exec", """
                cat typed
                grep ' / ' /proc/mounts | tail -n 1 | cut -d ' ' -f 1,3
                echo more > more
                modprobe xfs && grep -c '^xfs ' /proc/modules
                exit 7
                """);
        assertEquals(7, again.status(), again.errors());
        assertEquals("typed\n/dev/vda ext4\n1\n", again.text(), again.errors());
        raw = sound(disk);
        assertTrue(HostTool.run(folder, List.of("debugfs", "-R", "cat /root/more", raw.toString()))
                .contains("more\n"));
    }

    @Test
    void nvmeDiskIsWrittenAndThrownAwayAndThePageIsFetched() {
        var result = Backplane.run(BOOT, "demo", "--nvme", "--cpus", "2", "--exec", """
                grep ' / ' /proc/mounts | tail -n 1 | cut -d ' ' -f 1,3
                dd if=/dev/urandom of=/random bs=64k count=64 2>/dev/null
                sha256sum /random > /sum; sync; echo 3 > /proc/sys/vm/drop_caches; sha256sum -c /sum
                wget -qO- $BACKPLANE_PAGE
                exit 3
                """);
        assertEquals(3, result.status(), result.errors());
        assertTrue(
                result.text().startsWith("/dev/nvme0n1 ext4\n/random: OK\n" + PAGE), result.text() + result.errors());
    }

    @Test
    void diskThatARunningDemoHasIsRefusedAndSoIsOneOfAnotherFormat() throws IOException {
        Path disk = folder.resolve("mine.qcow2");
        try (var first = Backplane.start("demo", "--disk=" + disk, "--exec", "sleep 1000")) {
            first.awaitErrors("Guest is up", BOOT);
            var second = Backplane.run(STEP, "demo", "--disk=" + disk, "--exec", "true");
            second.assertStatus(1);
            assertTrue(second.errors().contains(disk + " is in use: "), second.errors());
        }
        Path other = folder.resolve("other");
        HostTool.run(folder, List.of("qemu-img", "create", "-q", "-f", "vmdk", other.toString(), "1G"));
        var refused = Backplane.run(STEP, "demo", "--disk=" + other, "--exec", "true");
        refused.assertStatus(1);
        assertTrue(refused.errors().contains("--disk " + other + ": it is an image of format vmdk"), refused.errors());
        Files.writeString(other, "text\n".repeat(1000));
        refused = Backplane.run(STEP, "demo", "--disk=" + other);
        refused.assertStatus(1);
        assertTrue(refused.errors().contains("it is no image of a disk"), refused.errors());
    }
}
