package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Debian's kernel with its own drivers writes a file system on a disk, and the host's tools look at what is left. */
class DiskIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final long DISK_BYTES = 64 << 20;

    private static final List<String> DRIVERS =
            List.of("drivers/block/virtio_blk.ko", "drivers/char/hw_random/virtio-rng.ko");

    private static final String INIT = """
            echo "random: $(dd if=/dev/hwrng bs=64 count=16 2>/dev/null | wc -c)"
            mount -t ext4 /dev/vda /mnt || echo "cannot mount"
            for n in 1 2 3 4 5 6; do dd if=/dev/urandom of=/tmp/$n bs=1M count=$n 2>/dev/null; cp /tmp/$n /mnt/$n; sync; done
            rm /mnt/2
            umount /mnt
            mount -t ext4 /dev/vda /mnt
            for n in 1 3 4 5 6; do cmp /tmp/$n /mnt/$n && echo "file $n is the same"; done
            umount /mnt
            echo "serial: $(cat /sys/block/vda/serial)"
            # RING_PACKED
            echo "packed: $(cut -c35 /sys/block/vda/device/features)"
            if grep -q grow /proc/cmdline; then
                echo "it may grow"
                while [ $(cat /sys/block/vda/size) = 131072 ]; do sleep 1; done
                echo "it has grown to $(cat /sys/block/vda/size)"
                dd if=/tmp/1 of=/dev/vda bs=1M seek=90 2>/dev/null
                sync
            fi
            poweroff -f
            """;

    @TempDir
    Path folder;

    private Path disk(String format) throws IOException {
        HostTool.require("mkfs.ext4", "e2fsprogs");
        HostTool.require("qemu-img", "qemu-utils");
        Path raw = folder.resolve("disk.raw");
        try (var file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        HostTool.run(folder, List.of("mkfs.ext4", "-q", "-F", raw.toString()));
        Path disk = folder.resolve("disk." + format);
        if (!disk.equals(raw)) {
            HostTool.run(folder, List.of("qemu-img", "convert", "-O", format, raw.toString(), disk.toString()));
        }
        return disk;
    }

    private Path encrypted(Path raw, String format) throws IOException {
        Path key = Files.writeString(folder.resolve("disk.key"), "open sesame");
        Path disk = folder.resolve("disk." + format);
        String options = "passphrase=" + key + ",iter_time=10ms";
        Backplane.run(TIMEOUT, "disk", "convert", "-q", "-f", "raw", "-O", format, "-o", options, "" + raw, "" + disk)
                .assertStatus(0);
        return disk;
    }

    private void qemu(List<String> words, List<String> opened, String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of("qemu-img"));
        command.addAll(words);
        command.addAll(opened);
        command.addAll(List.of(more));
        HostTool.run(folder, command);
    }

    private Path machine(int cpus, String words, String options, Path disk, String format) throws IOException {
        Path initrd = GuestModules.initrd("disk", DRIVERS, INIT, Map.of());
        return Files.writeString(folder.resolve("disk.yaml"), """
                name: disk
                cpus: %d
                memory: 256MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet %s"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-rng, id: rng}
                  - {type: virtio-block, id: disk0, queues: %d, %s, disk: {format: %s, file: %s}}
                """.formatted(
                        cpus, DebianGuest.kernel(), initrd, words, cpus, options, format, disk.getFileName()));
    }

    @ParameterizedTest
    @CsvSource({"raw, 1, false, false", "qcow2, 2, true, false", "qcow2, 1, false, true"})
    void aFileSystemThatLinuxWritesIsSound(String format, int cpus, boolean packed, boolean encrypted)
            throws IOException {
        Path disk = encrypted ? encrypted(disk("raw"), format) : disk(format);
        Path file =
                machine(cpus, "", "packed: " + packed, disk, encrypted ? format + ", passphrase: disk.key" : format);
        var result = Backplane.run(TIMEOUT, "run", file.toString());
        result.assertStatus(0);
        for (String line : List.of(
                "random: 1024",
                "serial: disk0",
                "packed: " + (packed ? 1 : 0),
                "file 1 is",
                "file 3 is",
                "file 4 is",
                "file 5 is",
                "file 6 is")) {
            assertTrue(result.text().contains(line), () -> line + " expected in:\n" + result.text() + result.errors());
        }
        Path raw = folder.resolve("disk.raw");
        if (encrypted) {
            List<String> opened = List.of(
                    "--object",
                    "secret,id=s,file=disk.key",
                    "--image-opts",
                    "driver=%s,encrypt.key-secret=s,file.filename=%s".formatted(format, disk));
            qemu(List.of("check"), opened);
            qemu(List.of("convert", "-O", "raw"), opened, raw.toString());
        } else if (!disk.equals(raw)) {
            HostTool.run(folder, List.of("qemu-img", "check", disk.toString()));
            HostTool.run(folder, List.of("qemu-img", "convert", "-O", "raw", disk.toString(), raw.toString()));
        }
        HostTool.run(folder, List.of("e2fsck", "-fn", raw.toString()));
    }

    @Test
    void aDiskGrowsWhileLinuxUsesIt() throws IOException {
        HostTool.require("script", "bsdutils");
        Path disk = disk("raw");
        Path file = machine(1, "grow", "rateLimit: {bytes: 50MiB}", disk, "raw");
        var line = Backplane.HOME + "/backplane run " + file;
        try (var terminal = Backplane.of(Backplane.inOwnFolders(
                new ProcessBuilder("script", "--quiet", "--return", "--command", line, "/dev/null")))) {
            terminal.awaitOutput("it may grow", TIMEOUT);
            terminal.send("\u0001c");
            terminal.awaitOutput("backplane> ", TIMEOUT);
            terminal.send("vm set disk disk0.capacity=96MiB\r");
            terminal.awaitOutput("disk has disk0.capacity=96MiB", TIMEOUT);
            terminal.send("\u0001c");
            terminal.awaitOutput("it has grown to 196608", TIMEOUT);
            assertEquals(0, terminal.await(TIMEOUT).status());
        }
        assertEquals(96 << 20, Files.size(disk));
        HostTool.run(folder, List.of("e2fsck", "-fn", disk.toString()));
    }
}
