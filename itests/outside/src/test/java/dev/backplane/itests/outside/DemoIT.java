package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The first minute of a user: Debian's kernel, a shell, a command. */
class DemoIT {
    private static final Duration BOOT = Duration.ofSeconds(300);
    private static final Duration STEP = Duration.ofSeconds(60);
    private static final String PROMPT = "root@guest:";
    private static final String CTRL_A = "\u0001";

    @TempDir
    Path folder;

    /** Once each; again and again where somebody looks for what happens once in a hundred boots. */
    static IntStream processors() {
        int rounds = Integer.getInteger("itests.rounds", 1);
        return IntStream.range(0, rounds)
                .flatMap(round -> round == 0 ? IntStream.of(1, 2) : IntStream.rangeClosed(1, 4));
    }

    @ParameterizedTest
    @MethodSource("processors")
    void commandsOutputIsAllThatIsOnStandardOutput(int cpus) {
        var result = Backplane.run(
                BOOT, "demo", "--cpus", Integer.toString(cpus), "--exec", "echo sum=$((6*7)); nproc; cat /proc/uptime");
        assertEquals(0, result.status(), result.errors());
        assertTrue(result.text().matches("sum=42\n" + cpus + "\n[0-9.]+ [0-9.]+\n"), result.text() + result.errors());
        assertTrue(result.errors().contains("backplane: cpu: auto: "), result.errors());
        assertTrue(result.errors().contains(" s; exits: "), result.errors());
    }

    @Test
    void megabyteOfRandomBytesSurvivesErrorsAndAKernelMessageInItsMiddle() throws Exception {
        var result = Backplane.run(BOOT, "demo", "--exec", """
                dd if=/dev/urandom of=/random bs=64k count=16 2>/dev/null
                head -c 500000 /random
                echo '<2>a message of the kernel' >/dev/kmsg
                echo 'an error' >&2
                tail -c +500001 /random
                sha256sum </random >&2
                exit 200
                """);
        assertEquals(200, result.status(), result.errors());
        assertEquals(1 << 20, result.output().length);
        var digest =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(result.output()));
        assertTrue(result.errors().contains("an error\n"), result.errors());
        assertTrue(result.errors().contains(digest), result.errors());
    }

    @Test
    void kernelAndPackedInitramfsOfOnesOwnRunTheCommandToo() throws IOException {
        var packed = folder.resolve("initrd.gz");
        try (var out = new GZIPOutputStream(Files.newOutputStream(packed))) {
            Files.copy(DebianGuest.initrd(), out);
        }
        var command = Backplane.command(
                Backplane.HOME,
                "demo",
                "--kernel",
                DebianGuest.kernel().toString(),
                "--initrd",
                packed.toString(),
                "--exec",
                "exit 1");
        command.environment().put("PATH", noAptGet());
        try (var backplane = Backplane.of(command)) {
            backplane.endInput();
            var result = backplane.await(BOOT);
            assertEquals(1, result.status(), result.errors());
            assertEquals("", result.text());
        }
    }

    /** The path to all commands, before which lies an apt-get that fails. */
    private String noAptGet() throws IOException {
        var apt = Files.writeString(folder.resolve("apt-get"), "#!/bin/sh\nexit 100\n");
        assertTrue(apt.toFile().setExecutable(true));
        return folder + ":" + System.getenv("PATH");
    }

    @Test
    void timeoutEndsTheGuestWithStatus124() {
        var result = Backplane.run(BOOT, "demo", "--timeout", "2", "--exec", "sleep 1000");
        assertEquals(124, result.status(), result.errors());
        assertTrue(result.errors().contains("--timeout"), result.errors());
    }

    @Test
    void shellOnATerminalHasItsSizeAndJobControlAndPowerOffLeavesTheTerminalAsItWas() throws IOException {
        try (var terminal = terminal()) {
            terminal.awaitOutput(PROMPT, BOOT);
            terminal.send("stty size | tr ' ' x; tty\r");
            terminal.awaitOutput("33x101", STEP);
            terminal.awaitOutput("/dev/ttyS0", STEP);
            resize(44, 122);
            terminal.send("until [ \"$(stty size)\" = '44 122' ]; do sleep 1; done; echo re''sized\r");
            terminal.awaitOutput("\nresized", STEP);
            resize(33, 101);
            terminal.send("sleep 1000\r");
            terminal.awaitOutput("sleep 1000\r", STEP);
            pause();
            terminal.send("\u0003");
            terminal.send("echo $((40+2))\r");
            terminal.awaitOutput("\n42\r", STEP);
            terminal.send("sleep 1001\r");
            terminal.awaitOutput("sleep 1001\r", STEP);
            pause();
            terminal.send("\u001a");
            terminal.awaitOutput("Stopped", STEP);
            terminal.send("poweroff\r");
            assertEquals(0, terminal.await(STEP).status());
        }
        assertEquals(Files.readString(folder.resolve("before")), Files.readString(folder.resolve("after")));
    }

    @Test
    void escapeKeysHelpSwitchToTheShellAndQuit() throws IOException {
        try (var terminal = terminal()) {
            terminal.awaitOutput("Linux version", BOOT);
            terminal.send(CTRL_A + "h");
            terminal.awaitOutput("Ctrl-A c", STEP);
            terminal.send(CTRL_A + "c");
            terminal.awaitOutput("backplane> ", STEP);
            terminal.send("vm list\r");
            terminal.awaitOutput("demo  running", STEP);
            terminal.send("bay list\r");
            terminal.awaitOutput("serial-16550", STEP);
            terminal.send("stop dev.backplane.device.pvpanic\r");
            terminal.send("lb pvpanic\r");
            terminal.awaitOutput("Resolved", STEP);
            terminal.send(CTRL_A + "x");
            assertEquals(0, terminal.await(STEP).status());
        }
        assertEquals(Files.readString(folder.resolve("before")), Files.readString(folder.resolve("after")));
    }

    @Test
    void terminalIsAsBeforeWhenTheJvmIsKilled() throws IOException {
        try (var terminal = terminal()) {
            terminal.awaitOutput("Linux version", BOOT);
            terminal.killJvm();
            terminal.awaitOutput("the JVM ended by signal KILL", STEP);
            assertEquals(137, terminal.await(STEP).status());
        }
        assertEquals(Files.readString(folder.resolve("before")), Files.readString(folder.resolve("after")));
    }

    /** A demo on a terminal of 33 lines of 101 characters, whose settings it writes down before and after. */
    private Backplane terminal() {
        var line = "stty rows 33 cols 101; stty -a > " + folder + "/before; tty > " + folder + "/tty; " + Backplane.HOME
                + "/backplane demo; status=$?; stty -a > " + folder + "/after; exit $status";
        return Backplane.of(Backplane.inOwnFolders(
                new ProcessBuilder("script", "--quiet", "--return", "--command", line, "/dev/null")));
    }

    /** As a user does who drags the window's corner. */
    private void resize(int rows, int columns) throws IOException {
        var terminal = Files.readString(folder.resolve("tty")).strip();
        var command = List.of("stty", "-F", terminal, "rows", "" + rows, "cols", "" + columns);
        try {
            assertEquals(0, new ProcessBuilder(command).inheritIO().start().waitFor());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Lets a command that was just echoed begin. */
    private static void pause() {
        try {
            Thread.sleep(2000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
