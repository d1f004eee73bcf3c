package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** {@code cpu: {type: kvm}} in the product, as far as this host goes. */
@Tag("kvm")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KvmIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(120);
    private static final int EXIT_PORT = 0xfff0;
    private static final Pattern LINE = Pattern.compile("(?m)^cpu +kvm +\\S+ +\\S+ +([A-Z_]+): (.+)$");

    @TempDir
    Path folder;

    private String hostClass = "";

    @BeforeAll
    void types() {
        var result = Backplane.run(TIMEOUT, "types");
        result.assertStatus(0);
        Matcher line = LINE.matcher(result.text());
        assertTrue(line.find(), result.text());
        hostClass = line.group(1);
        assertNotNull(line.group(2));
        System.out.println("KVM class " + hostClass + ": " + line.group(2));
    }

    private void needUsable() {
        if (!hostClass.equals("FULL") && !hostClass.equals("EMULATED_SUPERVISOR")) {
            throw new TestAbortedException("KVM class " + hostClass);
        }
    }

    private Backplane.Result run(BootSector sector, String onReboot, String... options) throws IOException {
        sector.in(folder);
        Path file = Files.writeString(folder.resolve("vm.yaml"), """
                name: sector
                memory: 16MiB
                cpu: {type: kvm}
                boot: {kernel: sector}
                onReboot: %s
                devices:
                  - {type: serial-16550, id: com1, console: stdio}
                  - {type: rtc-cmos, id: rtc}
                  - {type: debug-exit, id: exit, port: %d}
                """.formatted(onReboot, EXIT_PORT));
        String[] arguments = new String[options.length + 2];
        arguments[0] = "run";
        System.arraycopy(options, 0, arguments, 1, options.length);
        arguments[options.length + 1] = file.toString();
        return Backplane.run(TIMEOUT, arguments);
    }

    @Test
    void aGuestsResetStartsItAgain() throws IOException {
        needUsable();
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
    void aGuestThatHaltsForEverIsEndedByTimeout() throws IOException {
        needUsable();
        var result = run(new BootSector().print("running").halt(), "exit", "--timeout", "2");
        result.assertStatus(124);
        assertEquals("running", result.text());
    }

    @Test
    void aHostWithoutKvmRefusesItWithTheReason() throws IOException {
        if (hostClass.equals("FULL") || hostClass.equals("EMULATED_SUPERVISOR")) {
            throw new TestAbortedException("KVM class " + hostClass);
        }
        var result = run(new BootSector().print("running").halt(), "exit");
        assertEquals(1, result.status(), result.errors());
        assertTrue(result.errors().contains(hostClass), result.errors());
    }
}
