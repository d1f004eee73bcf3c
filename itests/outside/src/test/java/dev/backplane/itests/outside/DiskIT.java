package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Debian's kernel with its own drivers writes a file system on a disk, and the host's tools look at what is left. */
class DiskIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final Path MODULES = Backplane.WORK.resolve("modules");
    private static final long DISK_BYTES = 64 << 20;

    /** In the order in which they need each other. */
    private static final List<String> NEEDED = List.of(
            "drivers/virtio/virtio_ring.ko",
            "drivers/virtio/virtio.ko",
            "drivers/virtio/virtio_pci_modern_dev.ko",
            "drivers/virtio/virtio_pci_legacy_dev.ko",
            "drivers/virtio/virtio_pci.ko",
            "drivers/block/virtio_blk.ko",
            "drivers/char/hw_random/virtio-rng.ko");

    private static final String INIT = """
            #!/bin/busybox sh
            /bin/busybox mount -t proc p /proc
            /bin/busybox mount -t sysfs s /sys
            /bin/busybox mount -t devtmpfs d /dev
            /bin/busybox --install -s /bin
            for module in $(cat /modules/order); do insmod /modules/$module || echo "cannot load $module"; done
            echo "random: $(dd if=/dev/hwrng bs=64 count=16 2>/dev/null | wc -c)"
            mount -t ext4 /dev/vda /mnt || echo "cannot mount"
            for n in 1 2 3 4 5 6; do dd if=/dev/urandom of=/tmp/$n bs=1M count=$n 2>/dev/null; cp /tmp/$n /mnt/$n; sync; done
            rm /mnt/2
            umount /mnt
            mount -t ext4 /dev/vda /mnt
            for n in 1 3 4 5 6; do cmp /tmp/$n /mnt/$n && echo "file $n is the same"; done
            umount /mnt
            echo "serial: $(cat /sys/block/vda/serial)"
            poweroff -f
            """;

    @TempDir
    Path folder;

    private static Path initrd() throws IOException {
        Path made = MODULES.resolve("initrd.cpio");
        Files.createDirectories(MODULES);
        String release = DebianGuest.kernel().getFileName().toString().substring("vmlinuz-".length());
        Path root = MODULES.resolve(release);
        if (!Files.exists(root)) {
            HostTool.run(MODULES, List.of("apt-get", "download", "linux-image-" + release));
            try (var packages = Files.newDirectoryStream(MODULES, "*.deb")) {
                HostTool.run(
                        MODULES,
                        List.of("dpkg-deb", "-x", packages.iterator().next().toString(), root.toString()));
            }
        }
        var files = new TreeMap<String, Path>();
        var order = new StringBuilder();
        for (String module : NEEDED) {
            Path file = root.resolve("lib/modules")
                    .resolve(release)
                    .resolve("kernel")
                    .resolve(module);
            files.put("modules/" + file.getFileName(), file);
            order.append(file.getFileName()).append('\n');
        }
        files.put("modules/order", Files.writeString(MODULES.resolve("order"), order));
        files.put("init", Files.writeString(MODULES.resolve("init"), INIT));
        files.put("mnt/empty", Files.writeString(MODULES.resolve("empty"), ""));
        try (var out = new BufferedOutputStream(Files.newOutputStream(made))) {
            Files.copy(DebianGuest.initrd(), out);
            Initramfs.write(files, out);
        }
        return made;
    }

    @ParameterizedTest
    @CsvSource({"raw, 1", "qcow2, 2"})
    void aFileSystemThatLinuxWritesIsSound(String format, int cpus) throws IOException {
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
        Path file = Files.writeString(folder.resolve("disk.yaml"), """
                name: disk
                cpus: %d
                memory: 256MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-rng, id: rng}
                  - {type: virtio-block, id: disk0, queues: %d, disk: {format: %s, file: %s}}
                """.formatted(
                        cpus, DebianGuest.kernel(), initrd(), cpus, format, disk.getFileName()));
        var result = Backplane.run(TIMEOUT, "run", file.toString());
        result.assertStatus(0);
        for (String line : List.of(
                "random: 1024", "serial: disk0", "file 1 is", "file 3 is", "file 4 is", "file 5 is", "file 6 is")) {
            assertTrue(result.text().contains(line), () -> line + " expected in:\n" + result.text() + result.errors());
        }
        if (!disk.equals(raw)) {
            HostTool.run(folder, List.of("qemu-img", "check", disk.toString()));
            HostTool.run(folder, List.of("qemu-img", "convert", "-O", "raw", disk.toString(), raw.toString()));
        }
        HostTool.run(folder, List.of("e2fsck", "-fn", raw.toString()));
    }
}
