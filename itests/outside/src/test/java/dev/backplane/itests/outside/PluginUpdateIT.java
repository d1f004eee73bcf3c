package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Plugins of the product are updated under running machines, from Backplane's shell. The machines print the alphabet for ever, each on a serial
 * port of the plugin that is updated: no letter is lost and none comes twice.
 */
class PluginUpdateIT {
    private static final Duration STEP = Duration.ofMinutes(2);
    private static final Duration BOOT = Duration.ofMinutes(5);
    private static final boolean LONG = Integer.getInteger("itests.rounds", 1) > 1;
    private static final String CTRL_A = "\u0001";
    private static final String SERIAL = "dev.backplane.device.serial";
    private static final String QCOW2 = "dev.backplane.storage.qcow2";
    private static final String VIRTIO = "dev.backplane.virtio";
    private static final String BLOCK = "dev.backplane.device.virtio.block";

    /** Where the process is killed: without {@code -Ditests.rounds} around the one moment that counts. */
    private static final List<String> HALTS = LONG
            ? List.of(
                    "copied",
                    "installed",
                    "started",
                    "planned",
                    "rehearsed",
                    "moved",
                    "written",
                    "current",
                    "uninstalled")
            : List.of("moved", "current");

    private static final List<String> ONE = List.of("one");
    private static final List<String> BOTH = List.of("one", "two");
    private static final List<String> DRIVERS = List.of("drivers/block/virtio_blk.ko");

    private static final String INIT = """
            mount -t ext4 /dev/vda /mnt || echo "cannot mount"
            (read -r word < /dev/console; touch /tmp/enough) &
            echo "the guest writes"
            n=0
            while [ ! -e /tmp/enough ]; do
              n=$((n + 1))
              dd if=/dev/urandom of=/tmp/data bs=64k count=4 2>/dev/null
              cp /tmp/data /mnt/$((n % 50)); sync
              echo 3 > /proc/sys/vm/drop_caches
              cmp /tmp/data /mnt/$((n % 50)) || echo "WRONG in round $n"
            done
            umount /mnt
            echo "complaints: $(dmesg | grep -i -E -c 'I/O error|virtio.*fail|EXT4-fs (error|warning)')"
            echo "the guest has written"
            poweroff -f
            """;

    @TempDir
    Path folder;

    private AlphabetMachines machines;

    @BeforeEach
    void write() throws IOException {
        HostTool.require("script", "bsdutils");
        machines = new AlphabetMachines(folder);
        // The terminal's.
        machines.write("one", "{type: serial-16550, id: com2, port: 0x2f8, irq: 3, console: stdio}");
        machines.write("two");
    }

    private Path rebuilt(String symbolicName, String version) throws IOException {
        return RebuiltPlugin.of(symbolicName, version, folder);
    }

    private ProcessBuilder command(String... arguments) {
        var command = Backplane.command(Backplane.HOME, arguments);
        command.directory(folder.toFile());
        command.environment().put("XDG_STATE_HOME", folder.resolve("state").toString());
        return command;
    }

    /** A run at a terminal, whose machines print already: Backplane's shell is in front. */
    private Backplane run(String options, String... words) throws Exception {
        var script = new ProcessBuilder(
                "script",
                "--quiet",
                "--return",
                "--command",
                Backplane.HOME + "/backplane run " + String.join(" ", words),
                "/dev/null");
        script.environment().putAll(command().environment());
        script.environment().put("BACKPLANE_JAVA_OPTIONS", options);
        script.directory(folder.toFile());
        return Backplane.of(script);
    }

    private static void openShell(Backplane terminal) {
        terminal.send(CTRL_A + "c");
        terminal.awaitOutput("backplane> ", STEP);
    }

    private static void command(Backplane terminal, String command, String answer) {
        terminal.send(command + "\r");
        terminal.awaitOutput(answer, STEP);
        terminal.awaitOutput("backplane> ", STEP);
    }

    private String types() {
        try (var types = Backplane.of(command("types"))) {
            var result = types.await(STEP);
            result.assertStatus(0);
            return result.errors() + result.text();
        }
    }

    private static void assertContains(String part, String text) {
        assertTrue(text.contains(part), text);
    }

    @Test
    void updateIsTriedFollowedAndPinnedAndTheNextProcessHasTheSame() throws Exception {
        var next = rebuilt(SERIAL, "7.1.0").toString();
        try (var terminal = run("", "one.yaml", "--with", "two.yaml")) {
            machines.await(BOTH);
            openShell(terminal);
            command(terminal, "plugin update --dry-run " + next, "nothing was changed");
            command(terminal, "plugin update --canary two " + next, "two has moved");
            command(terminal, "plugin list", "on trial: two");
            machines.await(BOTH);
            command(terminal, "plugin update " + next, "waits for 'plugin commit' or 'plugin rollback'");
            command(terminal, "plugin rollback", "was given up; " + SERIAL);
            command(terminal, "plugin update --canary one " + next, "one has moved");
            command(terminal, "plugin commit", "is in use; generation 1");
            machines.await(BOTH);
            command(terminal, "plugin update --pin two " + rebuilt(SERIAL, "7.2.0"), "is in use; generation 2");
            command(terminal, "plugin list", "pinned: two");
            machines.await(BOTH);
            terminal.killJvm();
            terminal.await(STEP);
        }
        machines.end(BOTH);
        try (var terminal = run("", "one.yaml", "--with", "two.yaml")) {
            machines.await(BOTH);
            openShell(terminal);
            command(terminal, "plugin list", "pinned: two");
            command(terminal, "plugin unpin two", "two uses what the others use");
            command(terminal, "plugin update " + rebuilt(SERIAL, "7.3.0"), "is in use; generation 4");
            machines.await(BOTH);
            terminal.killJvm();
            terminal.await(STEP);
        }
        machines.end(BOTH);
        assertContains(SERIAL + "          7.3.0", types());
        damage(4, "7.3.0");
        var types = types();
        assertContains("plugin generation 4 did not get ready", types);
        assertContains("back to generation 3", types);
        assertContains(SERIAL + "          7.2.0", types);
    }

    private void damage(int generation, String version) throws IOException {
        var store = folder.resolve("state/backplane/store");
        var hash = Files.readString(store.resolve("generations/" + generation))
                .lines()
                .filter(line -> line.contains(" " + version + " "))
                .findFirst()
                .orElseThrow()
                .split(" ")[1];
        try (var files = Files.newDirectoryStream(store.resolve("objects").resolve(hash))) {
            Files.writeString(files.iterator().next(), "no jar");
        }
    }

    @Test
    void processThatIsKilledInAnUpdateStartsWithTheLastCompleteSet() throws Exception {
        var next = rebuilt(SERIAL, "7.1.0").toString();
        for (var halt : HALTS) {
            try (var terminal = run("-Dbackplane.store.halt=" + halt, "one.yaml")) {
                machines.await(ONE);
                openShell(terminal);
                terminal.send("plugin update " + next + "\r");
                terminal.await(STEP);
            }
            machines.end(ONE);
            boolean complete = HALTS.indexOf(halt) >= HALTS.indexOf("current");
            assertEquals(complete, types().contains(SERIAL + "          7.1.0"), halt);
            var underWay = folder.resolve("state/backplane/store/under-way").toFile();
            assertEquals(0, underWay.list().length, halt);
            try (var terminal = run("", "one.yaml")) {
                machines.await(ONE);
                terminal.killJvm();
                terminal.await(STEP);
            }
            machines.end(ONE);
            HostTool.run(folder, List.of("rm", "-r", "state"));
        }
    }

    @Test
    void qcow2PluginIsUpdatedUnderAGuestThatWrites() throws Exception {
        HostTool.require("mkfs.ext4", "e2fsprogs");
        HostTool.require("qemu-img", "qemu-utils");
        HostTool.run(folder, List.of("truncate", "-s", "64M", "disk.raw"));
        HostTool.run(folder, List.of("mkfs.ext4", "-q", "-F", "disk.raw"));
        HostTool.run(folder, List.of("qemu-img", "convert", "-O", "qcow2", "disk.raw", "disk.qcow2"));
        Files.writeString(folder.resolve("web.yaml"), """
                name: web
                memory: 256MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-block, id: disk0, disk: {format: qcow2, file: disk.qcow2}}
                """.formatted(
                        DebianGuest.kernel(), GuestModules.initrd("plugin-update", DRIVERS, INIT, Map.of())));
        try (var terminal = run("", "web.yaml")) {
            terminal.awaitOutput("the guest writes", BOOT);
            openShell(terminal);
            var first = rebuilt(QCOW2, "7.1.0").toString();
            command(terminal, "plugin update --dry-run " + first, "of web pauses; state qcow2/");
            command(terminal, "plugin update --canary web " + first, "web has moved");
            command(terminal, "plugin rollback", "was given up");
            command(terminal, "plugin update --canary web " + first, "web has moved");
            command(terminal, "plugin commit", "is in use; generation 1");
            for (int i = 2; i < (LONG ? 30 : 5); i++) {
                command(terminal, "plugin update " + rebuilt(QCOW2, "7." + i + ".0"), "is in use; generation " + i);
            }
            // The library of its disk, with that, and both as one set.
            command(terminal, "plugin update " + rebuilt(VIRTIO, "7.1.0"), "is in use; generation");
            command(
                    terminal,
                    "plugin update " + rebuilt(VIRTIO, "7.2.0") + " " + rebuilt(BLOCK, "7.2.0"),
                    "are in use; generation");
            command(terminal, "plugin list", BLOCK + "    7.2.0");
            terminal.send(CTRL_A + "c");
            terminal.send("enough\n");
            terminal.awaitOutput("complaints: 0", STEP);
            terminal.awaitOutput("the guest has written", STEP);
            assertFalse(terminal.await(STEP).text().contains("WRONG"));
        }
        HostTool.run(folder, List.of("qemu-img", "check", "disk.qcow2"));
        HostTool.run(folder, List.of("qemu-img", "convert", "-O", "raw", "disk.qcow2", "disk.raw"));
        HostTool.run(folder, List.of("e2fsck", "-fn", "disk.raw"));
    }
}
