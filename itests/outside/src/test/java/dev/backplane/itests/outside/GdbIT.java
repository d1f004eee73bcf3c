package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --gdb} with Debian's gdb. */
class GdbIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(120);

    @TempDir
    Path folder;

    @BeforeAll
    static void gdbIsThere() {
        assumeTrue(Gdb.isInstalled(), "gdb is not installed (apt-get install gdb)");
    }

    @Test
    void bootSectorIsSteppedWatchedAndChanged() throws IOException {
        // 7c00: xor ax, ax; mov ds, ax; mov bx, 5; again (7c07): inc word [0x600]; add bx, 1; jmp again
        var sector = new BootSector()
                .code(0x31, 0xc0, 0x8e, 0xd8, 0xbb, 5, 0)
                .code(0xff, 0x06, 0x00, 0x06, 0x83, 0xc3, 1, 0xeb, 0xf7);
        int port = Gdb.freePort();
        try (var backplane = Backplane.start("run", "--gdb", ":" + port, "--gdb-wait", sector(sector))) {
            backplane.awaitErrors("target remote 127.0.0.1:" + port, TIMEOUT);
            String said = Gdb.run(
                    folder,
                    port,
                    TIMEOUT,
                    List.of(
                            "x/3i $cs_base+$eip",
                            "break *0x7c07",
                            "continue",
                            "stepi",
                            "p $eip",
                            "p $ebx",
                            "x/hx 0x600",
                            "x/2bx 0x7c07",
                            "delete",
                            "watch *(short*)0x600",
                            "continue",
                            "p/x $eip",
                            "delete",
                            "rwatch *(short*)0x600",
                            "continue",
                            "delete",
                            "set *(short*)0x600 = 0x7777",
                            "set $ebx = 0x1234",
                            "stepi",
                            "p/x $ebx",
                            "x/hx 0x600",
                            "p $cr0",
                            "p $st0",
                            "p $xmm1.uint128",
                            "p $mxcsr",
                            "info threads",
                            "set architecture i8086",
                            "kill"));
            assertContains(said, "=> 0x7c00:\txor    %ax,%ax");
            assertContains(said, "Breakpoint 1, 0x00007c07");
            assertContains(said, "$1 = (void (*)()) 0x7c0b");
            assertContains(said, "$2 = 5");
            assertContains(said, "0x600:\t0x0001");
            // The guest's memory has no breakpoint in it.
            assertContains(said, "0x7c07:\t0xff\t0x06");
            assertContains(said, "Old value = 1\nNew value = 2");
            assertContains(said, "$3 = 0x7c0b");
            assertContains(said, "Value = ");
            assertContains(said, "0x600:\t0x7777");
            assertContains(said, "vCPU 0, real mode, active");
            assertContains(said, "The target architecture is set to \"i8086\"");
            assertEquals(0, backplane.await(TIMEOUT).status());
        }
    }

    @Test
    void linuxOnTwoVcpusIsStoppedAndGoesOn() throws IOException {
        int port = Gdb.freePort();
        try (var backplane = Backplane.start("run", "--gdb", "127.0.0.1:" + port, linux())) {
            backplane.awaitOutput("Brought up 1 node, 2 CPUs", TIMEOUT);
            String said = Gdb.run(
                    folder,
                    port,
                    TIMEOUT,
                    List.of(
                            "info threads",
                            // The handler of page faults, from the interrupt table.
                            "set $gate = $idt_base + 14 * 16",
                            "set $low = *(unsigned short*)$gate + (*(unsigned short*)($gate + 6) << 16)",
                            "set $handler = (*(unsigned long*)($gate + 8) << 32) + (unsigned int)$low",
                            "p/x $handler",
                            "break *$handler",
                            "continue",
                            "p $rip == $handler",
                            "p $cs",
                            "p $cr0",
                            "stepi",
                            "p $rip == $handler",
                            "delete",
                            "echo READY\\n",
                            "continue",
                            "info threads",
                            "thread 2",
                            "p $gs_base",
                            "detach"));
            assertContains(said, "Thread 1 (vCPU 0, long mode");
            assertContains(said, "Thread 2 (vCPU 1, long mode");
            assertContains(said, "hit Breakpoint 1, 0xffffffff");
            assertContains(said, "$2 = 1");
            assertContains(said, "$3 = 16");
            assertContains(said, "PG");
            assertContains(said, "$5 = 0");
            assertContains(said, "received signal SIGINT");
            assertContains(said, "detached]");
            backplane.awaitOutput("root@guest:", TIMEOUT);
        }
    }

    private static void assertContains(String said, String expected) {
        assertTrue(said.contains(expected), () -> "'" + expected + "' expected in what gdb said:\n" + said);
    }

    private String sector(BootSector sector) throws IOException {
        return Files.writeString(folder.resolve("sector.yaml"), """
                        name: sector
                        memory: 16MiB
                        cpu: {type: soft}
                        boot: {kernel: %s}
                        devices:
                          - {type: serial-16550, id: com1, console: stdio}
                        """.formatted(
                                sector.in(folder).getFileName()))
                .toString();
    }

    private String linux() throws IOException {
        return Files.writeString(
                        folder.resolve("linux.yaml"), """
                        name: linux
                        cpus: 2
                        memory: 256MiB
                        cpu: {type: soft}
                        boot: {kernel: %s, initrd: %s, cmdline: "console=ttyS0 mitigations=off"}
                        devices:
                          - {type: serial-16550, id: com1, console: stdio}
                          - {type: rtc-cmos, id: rtc}
                          - {type: i8042-reset, id: i8042}
                        """.formatted(DebianGuest.kernel(), DebianGuest.initrd()))
                .toString();
    }
}
