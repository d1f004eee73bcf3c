package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code backplane run --record} and {@code --replay}. */
class RecordingIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(240);
    private static final int EXIT_PORT = 0xfff0;
    private static final Pattern SAME =
            Pattern.compile("replayed [0-9,]+ instructions, state hash [0-9a-f]{64}: same as recorded");

    @TempDir
    Path folder;

    /** Says that it is ready and echoes what is typed up to a q. */
    private static BootSector echo() {
        return new BootSector()
                .print("ready")
                .code(0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xf8) // mov dx, 0x3fd; in al, dx; test al, 1; jz to mov
                .code(0xba, 0xf8, 0x03, 0xec, 0xee, 0x3c, 'q', 0x75, 0xef) // echo; cmp al, 'q'; jnz to the first mov
                .debugExit(EXIT_PORT, 0);
    }

    /** Halts for a number of the 8254's interrupts. */
    private static BootSector ticks(int count) {
        return new BootSector()
                .code(0xeb, 0x07) // jmp behind the handler
                .code(0x50, 0xb0, 0x20, 0xe6, 0x20, 0x58, 0xcf) // push ax; mov al, 0x20; out 0x20, al; pop ax; iret
                .code(0xfa, 0xbc, 0x00, 0x70) // cli; mov sp, 0x7000
                .code(0xb0, 0x11, 0xe6, 0x20, 0xb0, 0x08, 0xe6, 0x21) // 8259: vectors from 8
                .code(0xb0, 0x04, 0xe6, 0x21, 0xb0, 0x01, 0xe6, 0x21, 0xb0, 0xfe, 0xe6, 0x21) // only line 0
                .code(0xc7, 0x06, 0x20, 0x00, 0x02, 0x7c, 0xc7, 0x06, 0x22, 0x00, 0x00, 0x00) // the handler's vector
                .code(0xb0, 0x34, 0xe6, 0x43, 0xb0, 0x00, 0xe6, 0x40, 0xb0, 0x10, 0xe6, 0x40) // 8254: every 3.4 ms
                .code(0xb9, count, 0x00) // mov cx, count
                .code(0xfb, 0xf4, 0x49, 0x75, 0xfb) // sti; hlt; dec cx; jnz to sti
                .print("done")
                .debugExit(EXIT_PORT, 1);
    }

    @Test
    void whatWasTypedIsReplayedWithoutTypingIt() throws IOException {
        var file = file(echo(), "exit");
        try (var backplane = Backplane.start("run", "--record", recording(), file)) {
            backplane.awaitOutput("ready", TIMEOUT);
            backplane.send("one two ");
            backplane.awaitOutput("one two ", TIMEOUT);
            backplane.send("three q");
            backplane.await(TIMEOUT).assertStatus(1);
        }
        assertSame(replay(file), "readyone two three q");
        assertSame(replay(file), "readyone two three q");
    }

    @Test
    void aRecordingWhoseProcessWasKilledIsReplayedAsFarAsItGoes() throws IOException {
        var file = file(echo(), "exit");
        try (var backplane = Backplane.start("run", "--record", recording(), file)) {
            backplane.awaitOutput("ready", TIMEOUT);
            backplane.send("abc");
            backplane.awaitOutput("abc", TIMEOUT);
            backplane.send("d");
            backplane.awaitOutput("d", TIMEOUT);
            backplane.killJvm();
        }
        var result = replay(file);
        result.assertStatus(0);
        assertTrue(result.errors().contains("as far as the recording goes"), result.errors());
        assertTrue(result.text().startsWith("readyabc"), result.text());
    }

    @Test
    void interruptsOfATimerComeAtTheSameInstructions() throws IOException {
        var file = file(ticks(200), "exit");
        Backplane.run(TIMEOUT, "run", "--record", recording(), "--hash-every", "10000", file)
                .assertStatus(3);
        assertSame(replay(file), "done");
    }

    @Test
    void aTripleFaultAndTheResetThatFollowsAreReplayed() throws IOException {
        var sector = new BootSector()
                .print("started ")
                .atFirstStart(new BootSector().print("first ").tripleFault())
                .print("second")
                .debugExit(EXIT_PORT, 3);
        var file = file(sector, "restart");
        Backplane.run(TIMEOUT, "run", "--record", recording(), file).assertStatus(7);
        assertSame(replay(file), "started first started second");
    }

    @Test
    void anotherGuestIsRefusedWithWhatDiffers() throws IOException {
        var file = file(ticks(3), "exit");
        Backplane.run(TIMEOUT, "run", "--record", recording(), file).assertStatus(3);
        file(ticks(4), "exit");
        var result = replay(file, "--memory", "17MiB");
        result.assertStatus(1);
        assertTrue(result.errors().contains("was recorded on another machine:"), result.errors());
        assertTrue(result.errors().contains("kernel: recorded with SHA-256 "), result.errors());
        assertTrue(result.errors().contains("bytes of memory: recorded with 16777216"), result.errors());
        var again = Backplane.run(TIMEOUT, "run", "--record", recording(), file);
        again.assertStatus(1);
        assertTrue(again.errors().contains("there is such a file already"), again.errors());
    }

    @Test
    void aPartOfABootOfLinuxWithTwoVcpusIsReplayedTwiceWithTheSameHash() throws IOException {
        var file = Files.writeString(
                        folder.resolve("linux.yaml"), """
                name: linux
                cpus: 2
                memory: 128MiB
                boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 mitigations=off"}
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: i8042-reset, id: i8042}
                """.formatted(DebianGuest.kernel(), DebianGuest.initrd()))
                .toString();
        try (var backplane = Backplane.start("run", "--record", recording(), file)) {
            backplane.awaitOutput("Brought up 1 node, 2 CPUs", TIMEOUT);
            backplane.send("echo typed\n");
            backplane.awaitOutput("devtmpfs: initialized", TIMEOUT);
            backplane.signal("TERM");
            backplane.await(TIMEOUT);
        }
        var first = replay(file);
        assertSame(first, null);
        assertTrue(first.text().contains("devtmpfs: initialized"), first.text());
        var second = replay(file);
        assertSame(second, first.text());
        assertEquals(first.errors(), second.errors());
    }

    private static void assertSame(Backplane.Result result, @Nullable String text) {
        result.assertStatus(0);
        assertTrue(SAME.matcher(result.errors()).find(), result.errors());
        if (text != null) {
            assertEquals(text, result.text());
        }
    }

    private Backplane.Result replay(String file, String... options) {
        var arguments = new ArrayList<>(List.of("run", "--replay", recording()));
        arguments.addAll(List.of(options));
        arguments.add(file);
        return Backplane.run(TIMEOUT, arguments.toArray(String[]::new));
    }

    private String recording() {
        return folder.resolve("a.rec").toString();
    }

    private String file(BootSector sector, String onReboot) throws IOException {
        return Files.writeString(folder.resolve("sector.yaml"), """
                        name: sector
                        memory: 16MiB
                        boot: {kernel: %s}
                        onReboot: %s
                        devices:
                          - {type: serial-16550, id: com1, console: stdio}
                          - {type: rtc-cmos, id: rtc}
                          - {type: debug-exit, id: exit, port: 0x%x}
                        """.formatted(
                                sector.in(folder).getFileName(), onReboot, EXIT_PORT))
                .toString();
    }
}
