package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks and other devices come to Debian's kernel and leave it, from Backplane's shell; what is on the disks stays as it was written. */
class HotPlugIT {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);
    private static final long DISK_BYTES = 32 << 20;
    private static final String CTRL_A = "\u0001";
    /** Of the same devices under the same names. */
    private static final int ROUNDS = Integer.getInteger("itests.rounds", 1) > 1 ? 10 : 2;

    /** The attention button's five seconds pass in the guest, which may be slow. */
    private static final int PATIENCE_SECONDS = 240;

    private static final List<String> DRIVERS =
            List.of("drivers/block/virtio_blk.ko", "drivers/char/hw_random/virtio-rng.ko");

    private static final String INIT = """
            for round in $(seq 0 %d); do
              echo "round $round: waiting for disks"
              until [ -b /dev/nvme0n1 ] && [ -b /dev/vda ]; do sleep 1; done
              for disk in nvme0n1 vda; do
                mount -t ext4 /dev/$disk /mnt || echo "cannot mount $disk"
                [ $round = 0 ] || (cd /mnt && sha256sum -c sums)
                dd if=/dev/urandom of=/mnt/$round bs=1M count=3 2>/dev/null
                (cd /mnt && sha256sum $round >> sums)
                umount /mnt
              done
              echo "round $round: disks are written"
              while [ -b /dev/nvme0n1 ] || [ -b /dev/vda ]; do sleep 1; done
              echo "round $round: disks are gone"
            done
            echo "complaints: $(dmesg | grep -i -E -c '(nvme|virtio|pcie).*(error|timed|abort|fail|cannot)')"
            poweroff -f
            """;

    @TempDir
    Path folder;

    private Path disk(String name, String format) throws IOException {
        Path raw = folder.resolve(name + ".raw");
        try (var file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(DISK_BYTES);
        }
        HostTool.run(folder, List.of("mkfs.ext4", "-q", "-F", raw.toString()));
        Path disk = folder.resolve(name + "." + format);
        if (!disk.equals(raw)) {
            HostTool.run(folder, List.of("qemu-img", "convert", "-O", format, raw.toString(), disk.toString()));
        }
        return disk;
    }

    /** The machine still runs: a disk that is out of it is free for others. */
    private void check(Path disk) throws IOException {
        Path raw = folder.resolve("copy");
        HostTool.run(folder, List.of("qemu-img", "convert", "-O", "raw", disk.toString(), raw.toString()));
        HostTool.run(folder, List.of("e2fsck", "-fn", raw.toString()));
    }

    @Test
    void devicesComeAndGoAndDisksKeepTheirData() throws IOException {
        HostTool.require("script", "bsdutils");
        HostTool.require("mkfs.ext4", "e2fsprogs");
        HostTool.require("qemu-img", "qemu-utils");
        Path first = disk("first", "raw");
        Path second = disk("second", "qcow2");
        Path file = Files.writeString(folder.resolve("hot.yaml"), """
                name: hot
                cpus: 2
                memory: 256MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                """.formatted(
                DebianGuest.kernel(), GuestModules.initrd("hot-plug", DRIVERS, INIT.formatted(ROUNDS - 1), Map.of())));
        var line = Backplane.HOME + "/backplane run " + file;
        try (var terminal = Backplane.of(Backplane.inOwnFolders(
                new ProcessBuilder("script", "--quiet", "--return", "--command", line, "/dev/null")))) {
            for (int round = 0; round < ROUNDS; round++) {
                terminal.awaitOutput("round %d: waiting for disks".formatted(round), TIMEOUT);
                terminal.send(CTRL_A + "c");
                // What is typed before the first prompt is lost.
                terminal.awaitOutput(round == 0 ? "backplane> " : "[Backplane's shell]", TIMEOUT);
                add(terminal, "{type: nvme, id: disk1, disk: {format: raw, file: %s}}".formatted(first));
                add(terminal, "{type: virtio-block, id: disk2, disk: {format: qcow2, file: %s}}".formatted(second));
                add(terminal, "{type: virtio-rng, id: rng}");
                add(terminal, "{type: pvpanic, id: panic, bus: pci}");
                command(
                        terminal,
                        "device add hot {type: nvme, id: disk1, disk: {format: raw, file: x}}",
                        "another part");
                terminal.send(CTRL_A + "c");
                terminal.awaitOutput("round %d: disks are written".formatted(round), TIMEOUT);
                terminal.send(CTRL_A + "c");
                terminal.awaitOutput("[Backplane's shell]", TIMEOUT);
                command(terminal, "device remove hot com1", "com1 is no device that can leave hot");
                for (String id : List.of("panic", "rng", "disk2", "disk1")) {
                    command(
                            terminal,
                            "device remove hot %s %d".formatted(id, PATIENCE_SECONDS),
                            "hot is without " + id);
                }
                check(first);
                check(second);
                terminal.send(CTRL_A + "c");
                terminal.awaitOutput("round %d: disks are gone".formatted(round), TIMEOUT);
            }
            terminal.awaitOutput("complaints: 0", TIMEOUT);
            var result = terminal.await(TIMEOUT);
            assertEquals(0, result.status());
            // Of both disks, in each round but the first.
            assertEquals(2 * (ROUNDS - 1), result.text().split("0: OK", -1).length - 1, result.text());
        }
    }

    private static void add(Backplane terminal, String device) {
        command(terminal, "device add hot " + device, "hot has one more device");
    }

    private static void command(Backplane terminal, String command, String answer) {
        terminal.send(command + "\r");
        terminal.awaitOutput(answer, TIMEOUT);
    }
}
