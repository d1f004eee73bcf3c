package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code backplane run} with guests of one sector. */
class BootSectorIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(120);

    /** Behind all ports that anything else is at. */
    private static final int EXIT_PORT = 0xfff0;

    /** From the port before on, the widest access would reach it. */
    private static final int PORTS = EXIT_PORT - 3;

    @TempDir
    Path folder;

    /** What was said behind the first line, which tells why it is this CPU backend. */
    private static String told(Backplane.Result result) {
        assertTrue(result.errors().startsWith("backplane: cpu: auto: "), result.errors());
        return result.errors().substring(result.errors().indexOf('\n') + 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 21, 127, 128, 255})
    void outputIsTheGuestsAndTheStatusIsWhatItWroteToDebugExitTwicePlusOne(int value) throws IOException {
        var result = run(new BootSector().print("hello, world\r\n").debugExit(EXIT_PORT, value), "exit");
        result.assertStatus(value << 1 & 0xff | 1);
        assertEquals("hello, world\r\n", result.text());
        assertEquals("", told(result));
    }

    @Test
    void aResetEndsTheMachineWithStatus0WhereOnRebootIsExit() throws IOException {
        var result = run(new BootSector().print("once").reset(), "exit");
        result.assertStatus(0);
        assertEquals("once", result.text());
    }

    @Test
    void aResetStartsTheMachineAgainWhereOnRebootIsRestart() throws IOException {
        var sector = new BootSector()
                .print("started ")
                .atFirstStart(new BootSector().print("first ").reset())
                .print("second")
                .debugExit(EXIT_PORT, 3);
        var result = run(sector, "restart");
        result.assertStatus(7);
        assertEquals("started first started second", result.text());
    }

    @Test
    void aTripleFaultIsAReset() throws IOException {
        var result = run(new BootSector().print("before").tripleFault().print("after"), "exit");
        result.assertStatus(0);
        assertEquals("before", result.text());
    }

    @Test
    void aTripleFaultIsTold() throws IOException {
        var result = run(new BootSector().tripleFault(), "exit");
        result.assertStatus(0);
        String told = told(result);
        assertTrue(told.startsWith("backplane: sector: triple fault of vCPU 0\n  last exceptions"), told);
        assertTrue(told.contains("#DF(0000) at 0000:0000000000007c0d"), told);
        assertTrue(told.contains("likely: the interrupt table's limit 0x0 has no entry for #GP"), told);
        assertTrue(told.contains("rip 0000000000007c0d"), told);
        assertTrue(told.contains("-> 0000000000007c0d  cc                             int3"), told);
    }

    @Test
    void aTraceTellsWhatTheGuestDoes() throws IOException {
        Path log = folder.resolve("trace");
        var sector = new BootSector().print("x").debugExit(EXIT_PORT, 3);
        run(sector, "exit", "--trace", "exec,io", "--trace-file", log.toString(), "--trace-range", "7c00-7e00")
                .assertStatus(7);
        assertEquals("""
                0 exec 0000000000007c00  ba f8 03                 mov dx,0x3f8
                0 exec 0000000000007c03  b0 78                    mov al,0x78
                0 exec 0000000000007c05  ee                       out dx,al
                0 io   write port 03f8, 1 bytes: 78
                0 exec 0000000000007c06  ba f0 ff                 mov dx,0xfff0
                0 exec 0000000000007c09  b0 03                    mov al,0x3
                0 exec 0000000000007c0b  ee                       out dx,al
                0 io   write port fff0, 1 bytes: 03
                """, Files.readString(log));
    }

    @Test
    void aGuestThatFaultsAtEveryStartIsEndedByTimeout() throws IOException {
        var result = run(new BootSector().tripleFault(), "restart", "--timeout", "3");
        result.assertStatus(124);
        assertTrue(result.errors().contains("no more of this is told"), result.errors());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aGuestThatNeverEndsIsEndedByTimeout(boolean busy) throws IOException {
        var sector = new BootSector().print("running");
        var result = run(busy ? sector.loop() : sector.halt(), "exit", "--timeout", "3");
        result.assertStatus(124);
        assertEquals("running", result.text());
        assertEquals("backplane: sector: ended by --timeout after 3 s, as it was still running\n", told(result));
    }

    @Test
    void aGuestThatLoopsIsEndedByASignal() throws IOException {
        try (var backplane =
                Backplane.start("run", file(new BootSector().print("running").loop(), "exit"))) {
            backplane.awaitOutput("running", TIMEOUT);
            backplane.signal("TERM");
            backplane.await(TIMEOUT).assertStatus(143);
        }
    }

    @Test
    void whatIsTypedArrivesInTheGuest() throws IOException {
        // wait: in al, 0x3fd; test al, 1; jz wait; in al, 0x3f8; out 0x3f8, al; cmp al, 'q'; jne wait
        var echo = new BootSector()
                .print("ready")
                .code(
                        0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xf8, 0xba, 0xf8, 0x03, 0xec, 0xee, 0x3c, 'q', 0x75,
                        0xef)
                .debugExit(EXIT_PORT, 0);
        try (var backplane = Backplane.start("run", file(echo, "exit"))) {
            backplane.awaitOutput("ready", TIMEOUT);
            backplane.send("one two q");
            var result = backplane.await(TIMEOUT);
            result.assertStatus(1);
            assertEquals("readyone two q", result.text());
        }
    }

    @Test
    void zerosInEveryPortLeaveTheGuestRunning() throws IOException {
        var sector = new BootSector().touchPorts(PORTS, 0).print("alive").debugExit(EXIT_PORT, 2);
        var result = run(sector, "exit");
        result.assertStatus(5);
        assertTrue(result.text().endsWith("alive"), result::text);
    }

    @Test
    void onesInEveryPortEndTheMachineAtAResetPort() throws IOException {
        var result = run(new BootSector().touchPorts(PORTS, -1).halt(), "exit", "--timeout", "60");
        result.assertStatus(0);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 0x5aa55aa5})
    void accessesToEveryPageThatIsNotMemoryLeaveTheGuestRunning(int value) throws IOException {
        var sector = new BootSector()
                .protectedMode()
                .touchMemory(16 << 20, 0, 0x4000, value) // from the end of memory to 4 GiB
                .touchMemory(0xfec00000, 0xfec01000, 0x10, value) // each register of the I/O APIC
                .print("alive")
                .debugExit(EXIT_PORT, 2);
        var result = run(sector, "exit");
        result.assertStatus(5);
        assertEquals("alive", result.text());
    }

    @Test
    void aPciDeviceAnswersWhereTheGuestPutsIt() throws IOException {
        var sector = new BootSector()
                .protectedMode()
                .configure(1, 0x10, 0xc000_0000) // BAR 0
                .configure(1, 0x04, 2) // memory
                .code(0xc6, 0x05, 0, 0, 0, 0xc0, 1) // mov byte [0xc0000000], 1: panicked
                .loop();
        String devices = "  - {type: pvpanic, id: panic, onPanic: exit}\n";
        Path file = Path.of(file(sector, "exit"));
        Files.writeString(file, Files.readString(file) + devices);
        Backplane.run(TIMEOUT, "run", file.toString()).assertStatus(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 0x5aa55aa5, 0x000c0500})
    void anyValueInEveryRegisterOfTheLocalApicHasAnOrderlyEnd(int value) throws IOException {
        var sector = new BootSector()
                .protectedMode()
                .touchMemory(0xfee00000, 0xfee01000, 0x10, value)
                .debugExit(EXIT_PORT, 2);
        var result = run(sector, "exit", "--timeout", "5");
        // It may have sent itself to sleep or to reset.
        result.assertStatus(result.status() == 124 || result.status() == 0 ? result.status() : 5);
    }

    private Backplane.Result run(BootSector sector, String onReboot, String... options) throws IOException {
        var arguments = new java.util.ArrayList<>(java.util.List.of("run"));
        arguments.addAll(java.util.List.of(options));
        arguments.add(file(sector, onReboot));
        return Backplane.run(TIMEOUT, arguments.toArray(String[]::new));
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
                          - {type: i8042-reset, id: i8042}
                          - {type: debug-exit, id: exit, port: 0x%x}
                        """.formatted(
                                sector.in(folder).getFileName(), onReboot, EXIT_PORT))
                .toString();
    }
}
