package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that holds machines, and those who talk to it over its control socket. */
class ServeIT {
    private static final Duration BOOT = Duration.ofMinutes(5);
    private static final Duration STEP = Duration.ofMinutes(1);
    private static final String CTRL_A = "\u0001";

    /** Debian's way to hear of the power button. */
    private static final List<String> DRIVERS = List.of("drivers/acpi/button.ko", "drivers/input/evdev.ko");

    private static final String INIT = """
            mkdir -p /etc/acpi/PWRF
            printf '#!/bin/sh\\necho "the button was pressed" > /dev/console\\npoweroff -f\\n' > /etc/acpi/PWRF/00000080
            chmod +x /etc/acpi/PWRF/00000080
            acpid -d &
            echo "waiting for words"
            while read -r word; do echo "heard: $word"; done < /dev/console
            """;

    @TempDir
    Path folder;

    private Serving serving;

    @BeforeEach
    void files() throws IOException {
        serving = new Serving(folder);
        Files.writeString(folder.resolve("web1.yaml"), """
                name: web1
                cpus: 2
                memory: 128MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: virtio-balloon, id: mem}
                """.formatted(
                        DebianGuest.kernel(), GuestModules.initrd("button", DRIVERS, INIT, Map.of())));
        Files.copy(Backplane.HOME.resolve("training/guest.elf"), folder.resolve("guest.elf"));
        Files.writeString(
                folder.resolve("small.yaml"),
                Files.readString(Backplane.HOME.resolve("training/guest.yaml"))
                        .replaceFirst("(?m)^name: .*$", "name: small"));
    }

    private static final String WRITER = """
            mount -t ext4 /dev/vda /mnt || echo "cannot mount"
            cd /mnt
            touch sums
            echo "waiting for words"
            while read -r word; do
              case $word in
                end) break;;
                check) sha256sum -c -s sums && echo "sums of" $(ls | grep -v lost) "agree";;
                added)
                  while [ ! -e /dev/nvme0n1 ]; do sleep 1; done
                  dd if=/dev/urandom of=/tmp/added bs=64k count=1 2> /dev/null
                  dd if=/tmp/added of=/dev/nvme0n1 conv=fsync 2> /dev/null
                  echo 3 > /proc/sys/vm/drop_caches
                  dd if=/dev/nvme0n1 bs=64k count=1 2> /dev/null | cmp - /tmp/added && echo "the added disk has it";;
                *) dd if=/dev/urandom of=$word bs=1M count=4 2> /dev/null; sha256sum $word >> sums; sync; echo "wrote: $word";;
              esac
            done < /dev/console
            cd /; umount /mnt
            echo "going down"
            poweroff -f
            """;

    /** What is typed earlier is lost. */
    private void hears(String machine) {
        try (var console = serving.open("vm", "console", machine)) {
            console.awaitOutput("waiting for words", BOOT);
        }
    }

    private void says(String machine, String word, String answer) {
        try (var console = serving.open("vm", "console", machine)) {
            console.send(word + "\n");
            console.awaitOutput(answer, BOOT);
        }
    }

    /** Each has a disk of its own, which begins as the machine's was; what they share is never written. */
    @Test
    void clonesOfAMachineThatWritesHaveOverlays() throws Exception {
        HostTool.require("mkfs.ext4", "e2fsprogs");
        HostTool.require("qemu-img", "qemu-utils");
        Path raw = folder.resolve("disk.raw");
        try (var file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(64 << 20);
        }
        HostTool.run(folder, List.of("mkfs.ext4", "-q", "-F", raw.toString()));
        HostTool.run(folder, List.of("qemu-img", "convert", "-O", "qcow2", raw.toString(), "disk.qcow2"));
        Files.writeString(folder.resolve("writer.yaml"), """
                name: writer
                memory: 128MiB
                cpu: bt
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 quiet"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: virtio-block, id: disk0, disk: {format: qcow2, file: disk.qcow2}}
                """.formatted(
                        DebianGuest.kernel(),
                        GuestModules.initrd("writer", List.of("drivers/block/virtio_blk.ko"), WRITER, Map.of())));
        Path clones = folder.resolve("clones");
        try (var serve = serving.start()) {
            serving.done("vm", "define", "writer.yaml");
            serving.done("vm", "start", "writer");
            hears("writer");
            says("writer", "before", "wrote: before");
            Files.write(folder.resolve("added.img"), new byte[1 << 20]);
            serving.done("device", "add", "writer", "{type: nvme, id: extra, disk: {format: raw, file: added.img}}");
            says("writer", "added", "the added disk has it");
            serving.done("vm", "clone", "writer", "2", "--name", "c%d", "--disks", clones.toString());
            Path base = only(clones, "writer-disk0");
            byte[] held = Files.readAllBytes(base);
            byte[] added = Files.readAllBytes(only(clones, "writer-extra"));
            List<String> all = List.of("writer", "c1", "c2");
            for (String name : all) {
                says(name, "added", "the added disk has it");
                says(name, "of-" + name, "wrote: of-" + name);
                says(name, "check", "sums of before of-" + name + " sums agree");
                says(name, "end", "going down");
            }
            for (String name : all) {
                await(
                        name + " ends",
                        () -> serving.ctl("vm", "show", name).text().contains("stopped"));
            }
            assertArrayEquals(added, Files.readAllBytes(only(clones, "writer-extra")));
            for (Path image :
                    List.of(folder.resolve("disk.qcow2"), only(clones, "c1-disk0"), only(clones, "c2-disk0"))) {
                HostTool.run(folder, List.of("qemu-img", "check", image.toString()));
                HostTool.run(folder, List.of("qemu-img", "convert", "-O", "raw", image.toString(), raw.toString()));
                HostTool.run(folder, List.of("e2fsck", "-fn", raw.toString()));
            }
            serving.done("vm", "start", "c1");
            hears("c1");
            says("c1", "again", "wrote: again");
            says("c1", "check", "sums of again before of-c1 sums agree");
            serving.done("vm", "kill", "c1");
            assertArrayEquals(held, Files.readAllBytes(base));
            serving.done("vm", "remove", "c1");
            assertTrue(Files.exists(base), "c2 stands on it");
            serving.done("vm", "remove", "c2");
            try (var left = Files.list(clones)) {
                assertEquals(List.of(), left.toList());
            }
            serve.signal("TERM");
            serve.await(BOOT);
        }
    }

    /** Killed while memory is written: what is there is no snapshot, what it was to stand on is one, and the folder can be used again. */
    @Test
    void aSnapshotWhoseProcessIsKilledIsNone() throws Exception {
        Path base = folder.resolve("base");
        Path cut = folder.resolve("cut");
        var serve = serving.start();
        try {
            serving.done("vm", "define", "web1.yaml");
            serving.done("vm", "start", "web1");
            hears("web1");
            says("web1", "first", "heard: first");
            serving.done("vm", "snapshot", "web1", "--to", base.toString());
            String machine = "web1";
            int killed = 0;
            for (int round = 0; killed < 2; round++) {
                assertTrue(round < 20, "each was complete before the process was gone");
                var words = new ArrayList<>(List.of("vm", "snapshot", machine, "--to", cut.toString()));
                if (killed == 1) {
                    words.addAll(List.of("--base", base.toString()));
                }
                try (var snapshot = serving.open(words.toArray(String[]::new))) {
                    await("memory is written", () -> Files.exists(cut.resolve("memory")), 1);
                    serve.killJvm();
                    serve.await(STEP);
                    snapshot.await(STEP);
                }
                serve.close();
                serve = serving.start();
                if (Files.exists(cut.resolve("manifest.json"))) {
                    try (var files = Files.list(cut)) {
                        for (Path file : files.toList()) {
                            Files.delete(file);
                        }
                    }
                } else {
                    killed++;
                    serving.refused(
                            1, "is no snapshot, or one that was not completed", "vm", "restore", cut.toString());
                }
                machine = "r" + round;
                serving.done("vm", "restore", base.toString(), "--name", machine);
                says(machine, "hello-" + machine, "heard: hello-" + machine);
            }
            serving.done("vm", "snapshot", machine, "--to", cut.toString(), "--base", base.toString());
            serving.done("vm", "restore", cut.toString(), "--name", "last");
            says("last", "hello-last", "heard: hello-last");
            serving.refused(
                    1, "there is a machine \"last\" that runs", "vm", "restore", cut.toString(), "--name", "last");
            serving.done("vm", "kill", "last");
            serving.done("vm", "restore", cut.toString(), "--name", "last");
            says("last", "hello-again", "heard: hello-again");
        } finally {
            serve.close();
        }
    }

    private static Path only(Path folder, String part) throws IOException {
        try (var all = Files.list(folder)) {
            return all.filter(file -> file.getFileName().toString().contains(part))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** They have consoles of their own, and both vCPUs. */
    private void othersGoOnFromIt() {
        assertTrue(serving.done("vm", "clone", "web1", "1", "--name", "c%d").startsWith("1 clones of web1 after"));
        serving.done("vm", "snapshot", "web1", "--to", folder.resolve("kept").toString());
        assertTrue(serving.done("vm", "restore", folder.resolve("kept").toString(), "--name", "again")
                .startsWith("again goes on after"));
        for (String name : List.of("c1", "again")) {
            try (var console = serving.open("vm", "console", name)) {
                console.send("hello-" + name + "\n");
                console.awaitOutput("heard: hello-" + name, STEP);
            }
        }
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        await(what, condition, 100);
    }

    private static void await(String what, BooleanSupplier condition, int stepMillis) throws InterruptedException {
        for (long end = System.nanoTime() + STEP.toNanos(); !condition.getAsBoolean(); Thread.sleep(stepMillis)) {
            assertTrue(System.nanoTime() < end, what);
        }
    }

    @Test
    void machinesOutliveThoseWhoLookAtThemAndTheirDefinitionsTheProcess() throws Exception {
        try (var serve = serving.start()) {
            assertEquals("web1 is defined\n", serving.done("vm", "define", "--autostart", "web1.yaml"));
            assertEquals("small is defined\n", serving.done("vm define small.yaml"));
            assertEquals("web1 runs\n", serving.done("vm", "start", "web1"));
            twoViewers();
            pausesAndOptions();
            anotherIsRefused();
            wrongWords();
            othersGoOnFromIt();
            stopsByItsPowerButton();
            smallEndsAndStartsAgain();
            serve.killJvm();
            serve.await(STEP);
        }
        serving.refused(1, "nobody serves at " + serving.socket(), "vm", "list");
        try (var serve = serving.start()) {
            await(
                    "both are back, one runs",
                    () -> serving.ctl("vm", "list").text().contains("web1   running  yes"));
            for (String name : List.of("small", "c1", "again")) {
                assertTrue(
                        Pattern.compile("(?m)^" + name + " +defined +no")
                                .matcher(serving.done("vm", "list"))
                                .find(),
                        name);
            }
            session();
            serve.signal("TERM");
            var result = serve.await(BOOT);
            assertEquals(143, result.status(), result.errors());
            assertFalse(result.errors().contains("not all guests"), result.errors());
            assertFalse(Files.exists(serving.socket()));
        }
    }

    private void twoViewers() {
        try (var one = serving.open("vm", "console", "web1");
                var two = serving.open("vm", "console", "web1", "com1")) {
            one.awaitOutput("waiting for words", BOOT);
            two.awaitOutput("waiting for words", STEP);
            one.send("one\n");
            one.awaitOutput("heard: one", STEP);
            two.awaitOutput("heard: one", STEP);
            two.send("two\n");
            one.awaitOutput("heard: two", STEP);
            two.awaitOutput("heard: two", STEP);
        }
        try (var late = serving.open("vm", "console", "web1")) {
            late.awaitOutput("heard: two", STEP);
        }
    }

    private void pausesAndOptions() {
        assertEquals("web1 is paused\n", serving.done("vm", "pause", "web1"));
        assertTrue(serving.done("--json", "vm list").contains("\"state\": \"paused\""));
        serving.refused(1, "web1 is paused", "vm", "stop", "web1");
        assertEquals("web1 goes on\n", serving.done("vm", "resume", "web1"));
        assertEquals("web1 has mem.target=16MiB\n", serving.done("vm", "set", "web1", "mem.target=16MiB"));
        assertTrue(serving.done("vm show web1").matches("(?s).*mem +device +virtio-balloon +RUNNING.*"));
        assertTrue(serving.done("--json", "vm", "show", "web1").contains("\"kind\": \"console\""));
    }

    private void anotherIsRefused() {
        try (var second = Backplane.of(serving.command("serve"))) {
            var result = second.await(STEP);
            result.assertStatus(1);
            assertTrue(
                    result.errors().matches("(?s).*process [0-9]+ \\(java\\) serves from this state folder already.*"),
                    result.errors());
        }
    }

    private void wrongWords() throws IOException {
        serving.refused(2, "there is no command 'vm boot'", "vm", "boot");
        serving.refused(2, "vm pause: Missing required parameter: 'NAME'", "vm pause");
        serving.refused(2, "unknown option '--yaml'", "--yaml", "vm", "list");
        serving.refused(1, "there is no machine 'web2' (small, web1)", "vm", "pause", "web2");
        serving.refused(1, "none.yaml: there is no such file", "vm", "define", "none.yaml");
        serving.refused(1, "there is a machine \"web1\" already", "vm", "define", "web1.yaml");
        serving.refused(1, "disk0.capacity: web1 has no such bay", "vm", "set", "web1", "disk0.capacity=1GiB");
        serving.refused(1, "web1 cannot be started: it is RUNNING", "vm", "start", "web1");
        serving.refused(1, "web1 is running: stop it first", "vm", "remove", "web1");
        serving.refused(1, "Command not found: frobnicate", "frobnicate");
        serving.refused(1, "nobody serves at /nowhere", "--socket", "/nowhere", "vm", "list");
        Files.writeString(folder.resolve("bad.yaml"), "name: bad\nmemory: much\n");
        serving.refused(1, "bad.yaml:2", "vm", "define", "bad.yaml");
    }

    private void stopsByItsPowerButton() {
        try (var viewer = serving.open("vm", "console", "web1")) {
            assertEquals("web1 has shut down\n", serving.done("vm", "stop", "--timeout", "240", "web1"));
            viewer.awaitOutput("the button was pressed", STEP);
            viewer.await(STEP).assertStatus(0);
        }
        assertTrue(serving.done("vm list").contains("web1   stopped"));
    }

    private void smallEndsAndStartsAgain() throws InterruptedException {
        for (int i = 0; i < 2; i++) {
            assertEquals("small runs\n", serving.done("vm start small"));
            await("it ends by itself", () -> serving.ctl("vm list").text().contains("small  stopped"));
        }
    }

    /** A person at a terminal: line editing, a console and back. */
    private void session() {
        HostTool.require("script", "bsdutils");
        var script = serving.command("ctl");
        script.command("script", "--quiet", "--return", "--command", Backplane.HOME + "/backplane ctl", "/dev/null");
        try (var terminal = Backplane.of(script)) {
            terminal.awaitOutput("backplane> ", STEP);
            terminal.send("vm lisx\u007ft\r");
            terminal.awaitOutput("web1   running", STEP);
            terminal.send("vm console web1\r");
            terminal.awaitOutput("waiting for words", BOOT);
            terminal.send("three\r");
            terminal.awaitOutput("heard: three", STEP);
            terminal.send(CTRL_A + "x");
            terminal.awaitOutput("backplane> ", STEP);
            terminal.send("exit\r");
            assertEquals(0, terminal.await(STEP).status());
        }
    }

    @Test
    void aHundredConnectionsLeaveNothing() throws Exception {
        try (var serve = serving.start()) {
            long pid = serve.jvm().pid();
            serving.done("vm define web1.yaml");
            serving.done("vm start web1");
            connect(20);
            int descriptors = descriptors(pid);
            long threads = threads(pid);
            connect(100);
            await("descriptors are given back", () -> descriptors(pid) <= descriptors);
            // A few more carriers of virtual threads may have come.
            await("threads end", () -> threads(pid) <= threads + 4);
            serving.done("vm", "remove", "--kill", "web1");
            assertEquals("NAME  STATE  AUTOSTART  NOTE\n", serving.done("vm list"));
            serve.signal("TERM");
            assertEquals(143, serve.await(STEP).status());
        }
    }

    /** Some wait for the answer, some do not, some look at a console, some are sessions; all just go. */
    private void connect(int times) throws IOException {
        for (int i = 0; i < times; i++) {
            try (var client = SocketChannel.open(UnixDomainSocketAddress.of(serving.socket()))) {
                String words = switch (i % 4) {
                    case 0 -> "\0vm console web1";
                    case 1 -> "";
                    default -> "\0vm list";
                };
                byte[] request = ("1\0false\0" + (i % 4 == 1) + "\0" + "80\0" + "24\0dumb\0/" + words)
                        .getBytes(StandardCharsets.UTF_8);
                client.write(ByteBuffer.allocate(5 + request.length)
                        .put((byte) 'Q')
                        .putInt(request.length)
                        .put(request)
                        .flip());
                if (i % 8 < 6) {
                    assertTrue(client.read(ByteBuffer.allocate(64)) > 0);
                }
            }
        }
    }

    private static int descriptors(long pid) {
        try (var files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return (int) files.count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static long threads(long pid) {
        try (var tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
            return tasks.count();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
