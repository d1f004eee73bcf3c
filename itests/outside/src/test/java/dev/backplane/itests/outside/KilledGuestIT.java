package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A machine's process is killed while Linux writes files and makes them stable: what it said was stable is there. */
class KilledGuestIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final int GUESTS = Math.max(1, Integer.getInteger("itests.kills", 20) / 60);
    private static final long DISK_BYTES = 64 << 20;
    private static final int MOST_FILES = 40;

    private static final String INIT = """
            mount -t ext4 /dev/vda /mnt || echo "cannot mount"
            n=0
            while true; do
                n=$((n + 1))
                dd if=/dev/urandom of=/mnt/$n bs=16k count=$((n % 20 + 1)) 2>/dev/null
                sync
                echo "stable $n $(md5sum < /mnt/$n)"
                dd if=/dev/urandom of=/mnt/unstable bs=64k count=$((n % 9 + 1)) 2>/dev/null
            done
            """;

    @TempDir
    Path folder;

    @Test
    void whatLinuxHasMadeStableIsThere() throws Exception {
        HostTool.require("mkfs.ext4", "e2fsprogs");
        HostTool.require("qemu-img", "qemu-utils");
        long seed = Long.getLong("itests.seed", System.nanoTime());
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < GUESTS; i++) {
            kill(1 + random.nextInt(MOST_FILES));
        }
    }

    private void kill(int files) throws Exception {
        Path raw = folder.resolve("disk.raw");
        Path disk = folder.resolve("disk.qcow2");
        Files.deleteIfExists(raw);
        try (var file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        run("mkfs.ext4", "-q", "-F", raw.toString());
        run("qemu-img", "convert", "-O", "qcow2", raw.toString(), disk.toString());
        List<String> sums = new ArrayList<>();
        try (var machine = Backplane.start("run", machine(disk).toString())) {
            for (int i = 1; i <= files; i++) {
                sums.add(machine.awaitOutputLine("stable " + i + " ", TIMEOUT).substring(0, 32));
            }
            machine.killJvm();
            machine.await(TIMEOUT);
        }
        run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", disk.toString(), raw.toString());
        int status = HostTool.end(folder, List.of("qemu-img", "check", "-f", "qcow2", disk.toString()))
                .status();
        assertTrue(status == 0 || status == 3, () -> "qemu-img check: " + status);
        // As a mount does.
        HostTool.end(folder, List.of("e2fsck", "-y", "-E", "journal_only", raw.toString()));
        run("e2fsck", "-fn", raw.toString());
        for (int i = 1; i <= files; i++) {
            Path file = folder.resolve("file");
            run("debugfs", "-R", "dump /" + i + " " + file, raw.toString());
            assertEquals(sums.get(i - 1), md5(file), "file " + i + " of " + files);
        }
    }

    private static String md5(Path file) throws IOException, NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(Files.readAllBytes(file)));
    }

    private void run(String... command) throws IOException {
        HostTool.run(folder, List.of(command));
    }

    private Path machine(Path disk) throws IOException {
        Path initrd = GuestModules.initrd("killed", List.of("drivers/block/virtio_blk.ko"), INIT, Map.of());
        return Files.writeString(
                folder.resolve("killed.yaml"), """
                name: killed
                memory: 256MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-block, id: disk0, disk: {format: qcow2, file: %s}}
                """.formatted(DebianGuest.kernel(), initrd, disk.getFileName()));
    }
}
