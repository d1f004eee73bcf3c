package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Debian's kernel boots from an NVMe disk alone, with neither an initramfs nor a module, and the host's tools look at what is left. */
class NvmeIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final long DISK_BYTES = 64 << 20;

    private static final String INIT = """
            #!/bin/busybox sh
            /bin/busybox mount -t devtmpfs d /dev
            exec > /dev/ttyS0 2>&1 < /dev/ttyS0
            /bin/busybox --install -s /bin
            mount -t proc p /proc
            mount -t sysfs s /sys
            mount -t tmpfs t /tmp
            mount /dev/nvme1n1 /mnt || echo "cannot mount"
            for n in 1 2 3 4 5 6; do
              dd if=/dev/urandom of=/tmp/$n bs=1M count=$n 2>/dev/null; cp /tmp/$n /mnt/$n; cp /tmp/$n /$n; sync
            done
            rm /mnt/2 /2
            fstrim /mnt
            umount /mnt
            mount /dev/nvme1n1 /mnt
            echo 3 > /proc/sys/vm/drop_caches
            for n in 1 3 4 5 6; do cmp /tmp/$n /mnt/$n && cmp /tmp/$n /$n && echo "file $n is the same"; done
            umount /mnt
            for disk in nvme0n1 nvme1n1; do
              echo "$disk: $(cat /sys/block/$disk/device/serial | tr -d ' ') $(cat /sys/block/$disk/queue/logical_block_size)"
            done
            echo "complaints: $(dmesg | grep -c -i -E 'nvme.*(error|timed|abort|I/O|fail)')"
            mount -o remount,ro /
            poweroff -f
            """;

    @TempDir
    Path folder;

    private Path disk(String name, String format, String... options) throws IOException {
        Path raw = folder.resolve(name + ".raw");
        try (var file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        var command = new ArrayList<>(List.of("mkfs.ext4", "-q", "-F"));
        command.addAll(List.of(options));
        command.add(raw.toString());
        HostTool.run(folder, command);
        Path disk = folder.resolve(name + "." + format);
        if (!disk.equals(raw)) {
            HostTool.run(folder, List.of("qemu-img", "convert", "-O", format, raw.toString(), disk.toString()));
        }
        return disk;
    }

    private void check(Path disk) throws IOException {
        Path raw = Path.of(disk.toString().replaceFirst("\\.[^.]*$", ".raw"));
        if (!disk.equals(raw)) {
            HostTool.run(folder, List.of("qemu-img", "check", disk.toString()));
            HostTool.run(folder, List.of("qemu-img", "convert", "-O", "raw", disk.toString(), raw.toString()));
        }
        HostTool.run(folder, List.of("e2fsck", "-fn", raw.toString()));
    }

    private Path root() throws IOException {
        Path root = folder.resolve("root");
        for (String empty : List.of("bin", "dev", "proc", "sys", "tmp", "mnt")) {
            Files.createDirectories(root.resolve(empty));
        }
        Files.copy(DebianGuest.busybox(), root.resolve("bin/busybox"));
        Files.writeString(root.resolve("init"), INIT);
        for (String program : List.of("bin/busybox", "init")) {
            assertTrue(root.resolve(program).toFile().setExecutable(true));
        }
        return root;
    }

    @ParameterizedTest
    @CsvSource({"raw, 1", "qcow2, 2"})
    void debiansKernelBootsFromItAndItsFileSystemsAreSound(String format, int cpus) throws IOException {
        HostTool.require("mkfs.ext4", "e2fsprogs");
        HostTool.require("qemu-img", "qemu-utils");
        Path first = disk("root", format, "-d", root().toString());
        Path second = disk("data", format, "-b", "4096");
        Path file = Files.writeString(folder.resolve("nvme.yaml"), """
                name: nvme
                cpus: %d
                memory: 256MiB
                boot: {kernel: %s, cmdline: "console=ttyS0 quiet root=/dev/nvme0n1 rw init=/init"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: nvme, id: root, disk: {format: %s, file: %s}}
                  - {type: nvme, id: data, serial: SECOND, queues: 1, blockBytes: 4096, disk: {format: %s, file: %s}}
                """.formatted(
                        cpus, DebianGuest.kernel(), format, first.getFileName(), format, second.getFileName()));
        var result = Backplane.run(TIMEOUT, "run", file.toString());
        result.assertStatus(0);
        for (String line : List.of(
                "file 1 is",
                "file 3 is",
                "file 4 is",
                "file 5 is",
                "file 6 is",
                "nvme0n1: root 512",
                "nvme1n1: SECOND 4096",
                "complaints: 0")) {
            assertTrue(result.text().contains(line), () -> line + " expected in:\n" + result.text() + result.errors());
        }
        check(first);
        check(second);
    }
}
