package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Debian's kernel is kept in a folder while it writes to its disk, and goes on from there in another process: with what it had, on the
 * disk as it was.
 */
class SnapshotIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final long DISK_BYTES = 64 << 20;
    private static final String CTRL_A = "\u0001";
    private static final Pattern STOOD = Pattern.compile("it stood for ([0-9.]+) ms of ([0-9.]+)");
    private static final Pattern GOES_ON = Pattern.compile("goes on after ([0-9.]+) ms");
    private static final Pattern CLOCK = Pattern.compile("rtc: ([0-9]+)");

    private static final String INIT = """
            mount -t ext4 /dev/vda /mnt || echo "cannot mount"
            cd /mnt
            dd if=/dev/urandom of=before bs=1M count=8 2>/dev/null
            sha256sum before > sums
            secret=$(sha256sum before)
            (while :; do dd if=/dev/zero of=noise bs=64k count=16 conv=fsync 2>/dev/null; done) &
            echo "ready to be kept"
            read -r what
            if [ "$what" = change ]; then
              echo other > before; echo other > sums; sync
              echo "it was changed"
            else
              sha256sum -c sums
              [ "$secret" = "$(sha256sum before)" ] && echo "memory and disk agree"
              sleep 1
              echo "rtc: $(date -u -d "$(hwclock -u -r | cut -c 1-24)" -D '%a %b %d %H:%M:%S %Y' +%s)"
              dmesg -r
            fi
            kill $!
            cd /; umount /mnt || (sleep 1; umount /mnt)
            echo "end of test"
            poweroff -f
            """;

    @TempDir
    Path folder;

    private Path disk() throws IOException {
        Path raw = folder.resolve("disk.raw");
        try (var file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        HostTool.run(folder, List.of("mkfs.ext4", "-q", "-F", raw.toString()));
        Path disk = folder.resolve("disk.qcow2");
        HostTool.run(folder, List.of("qemu-img", "convert", "-O", "qcow2", raw.toString(), disk.toString()));
        return disk;
    }

    private Path machine(Path disk) throws IOException {
        return Files.writeString(folder.resolve("kept.yaml"), """
                name: kept
                cpus: 2
                memory: 256MiB
                cpu: {type: bt}
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-block, id: disk0, disk: {format: qcow2, file: %s}}
                """.formatted(
                        DebianGuest.kernel(),
                        GuestModules.initrd("snapshot", List.of("drivers/block/virtio_blk.ko"), INIT, Map.of()),
                        disk));
    }

    private static Backplane terminal(String words) {
        return Backplane.of(Backplane.inOwnFolders(new ProcessBuilder(
                "script", "--quiet", "--return", "--command", Backplane.HOME + "/backplane " + words, "/dev/null")));
    }

    private static String figure(Pattern pattern, String text) {
        Matcher found = pattern.matcher(text);
        assertTrue(found.find(), text);
        return found.group(1);
    }

    private void keep(Path machine, Path snapshot) {
        try (var terminal = terminal("run " + machine)) {
            terminal.awaitOutput("ready to be kept", TIMEOUT);
            terminal.send(CTRL_A + "c");
            terminal.awaitOutput("backplane> ", TIMEOUT);
            terminal.send("vm snapshot kept --copy-disks --to " + snapshot + "\r");
            terminal.awaitOutput("it stood for", TIMEOUT);
            terminal.send(CTRL_A + "c");
            terminal.send("change\r");
            terminal.awaitOutput("end of test", TIMEOUT);
            var result = terminal.await(TIMEOUT);
            assertEquals(0, result.status(), result.text());
            assertTrue(result.text().contains("it was changed"), result.text());
            System.out.println(
                    "snapshot, with a copy of the disk: it stood for " + figure(STOOD, result.text()) + " ms");
        }
    }

    @Test
    void aGuestGoesOnInAnotherProcessWithWhatItHad() throws IOException {
        HostTool.require("script", "bsdutils");
        HostTool.require("mkfs.ext4", "e2fsprogs");
        HostTool.require("qemu-img", "qemu-utils");
        Path disk = disk();
        Path snapshot = folder.resolve("snapshot");
        keep(machine(disk), snapshot);

        var refused = Backplane.run(TIMEOUT, "restore", snapshot.toString());
        refused.assertStatus(1);
        assertTrue(
                refused.errors().contains("disk0.disk.on: " + disk + " has changed since the snapshot"),
                refused.errors());

        for (String cpu : List.of("bt", "soft")) {
            goesOn(copy(snapshot, folder.resolve("snapshot-" + cpu)), cpu);
        }
        damageIsTold(snapshot);
    }

    private static Path copy(Path snapshot, Path to) throws IOException {
        Files.createDirectory(to);
        try (var files = Files.list(snapshot)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
        return to;
    }

    /** What becomes of the file behind its memory does not concern a machine that runs, nor the process that it is in. */
    private void goesOn(Path snapshot, String cpu) throws IOException {
        Path work = folder.resolve("work-" + cpu);
        try (var terminal = terminal("restore --cpu " + cpu + " --disks " + work + " " + snapshot)) {
            terminal.awaitOutput("goes on after", TIMEOUT);
            try (FileChannel file = FileChannel.open(snapshot.resolve("memory"), StandardOpenOption.WRITE)) {
                file.truncate(0);
            }
            terminal.send("check\r");
            terminal.awaitOutput("end of test", TIMEOUT);
            var result = terminal.await(TIMEOUT);
            String text = result.text();
            assertEquals(0, result.status(), text);
            assertTrue(text.contains("before: OK"), text);
            assertTrue(text.contains("memory and disk agree"), text);
            assertEquals(List.of(), new LinuxMessages().complaints(text), text);
            assertTrue(LinuxMessages.withPriority(text) > 0, text);
            long late = Instant.now().getEpochSecond() - Long.parseLong(figure(CLOCK, text));
            assertTrue(late >= 0 && late < TIMEOUT.toSeconds(), "the real-time clock follows the host's: " + late);
            System.out.println("restore, in a new process, on " + cpu + ": " + figure(GOES_ON, text) + " ms");
        }
        Path disk = work.resolve("disk.qcow2");
        HostTool.run(folder, List.of("qemu-img", "check", disk.toString()));
        Path raw = folder.resolve("copy.raw");
        HostTool.run(folder, List.of("qemu-img", "convert", "-O", "raw", disk.toString(), raw.toString()));
        HostTool.run(folder, List.of("e2fsck", "-fn", raw.toString()));
    }

    private void damageIsTold(Path snapshot) throws IOException {
        Path memory = snapshot.resolve("memory");
        try (FileChannel file = FileChannel.open(memory, StandardOpenOption.WRITE)) {
            file.truncate(file.size() - 1);
        }
        var refused = Backplane.run(
                TIMEOUT, "restore", "--disks", folder.resolve("again").toString(), snapshot.toString());
        refused.assertStatus(1);
        assertTrue(refused.errors().contains(memory + " is damaged: it has "), refused.errors());
    }
}
