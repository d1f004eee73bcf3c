package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A vendor's plugin in the plugin folder of the product, which a machine uses meanwhile. */
class DropInIT {
    private static final Duration STEP = Duration.ofSeconds(60);
    private static final int EXIT_PORT = 0xfff0;

    @TempDir
    Path folder;

    private Path home;
    private Path plugins;

    @BeforeEach
    void install() throws IOException {
        home = folder.resolve("home");
        Installation.copyTo(home);
        plugins = Files.createDirectory(home.resolve("plugins"));
    }

    @Test
    void vendorsDeviceIsListedReplacedKeptWhileItIsNeededAndReplacedAgainUnderAMachineThatReadsIt() throws Exception {
        var lower = VendorDevice.build(folder, "1.0.0", 'a');
        var upper = VendorDevice.build(folder, "1.1.0", 'A');
        lower.dropInto(plugins);
        assertTrue(types().matches("(?s).*device +letters +com\\.example\\.letters +1\\.0\\.0\n.*"), types());
        try (var backplane = start("run", machine())) {
            backplane.awaitOutput("xyzabc", STEP);
            upper.dropInto(plugins);
            backplane.awaitOutput("XYZABC", STEP);
            Files.delete(VendorDevice.in(plugins));
            awaitStatus("letters.jar was taken out and is still in use: letters/letters needs it");
            backplane.awaitOutput("XYZABC", STEP);
            lower.dropInto(plugins);
            backplane.awaitOutput("xyzabc", STEP);
            backplane.signal("TERM");
            var result = backplane.await(STEP);
            assertAlphabet(result.text());
            assertEquals(143, result.status(), result.errors());
        }
    }

    @Test
    void machineWhosePluginIsMissingSaysWhichJarCouldHaveIt() throws Exception {
        VendorDevice.build(folder, "1.0.0", 'a').dropInto(plugins);
        var whole = Files.readAllBytes(VendorDevice.in(plugins));
        Files.write(VendorDevice.in(plugins), java.util.Arrays.copyOf(whole, whole.length / 2));
        try (var backplane = start("run", machine())) {
            var result = backplane.await(STEP);
            result.assertStatus(1);
            assertTrue(
                    result.errors().contains("no installed plugin offers the device type \"letters\""),
                    result.errors());
            assertTrue(result.errors().contains("plugins/letters.jar is not in use: it is damaged"), result.errors());
        }
    }

    private void awaitStatus(String text) throws Exception {
        var file = plugins.resolve("letters.jar.status.txt");
        for (long end = System.nanoTime() + STEP.toNanos(); ; Thread.sleep(100)) {
            if (Files.exists(file) && Files.readString(file).startsWith(text)) {
                return;
            }
            assertTrue(System.nanoTime() < end, () -> "no status file that says: " + text);
        }
    }

    private String types() {
        try (var backplane = start("types")) {
            var result = backplane.await(STEP);
            result.assertStatus(0);
            return result.text();
        }
    }

    /** Reads letters for ever, one about every 65,000 instructions, and prints them. */
    private String machine() throws IOException {
        var sector = new BootSector()
                .code(0xba, 0x00, 0x05, 0xec) // again: mov dx, 0x500; in al, dx
                .code(0xba, 0xf8, 0x03, 0xee) // mov dx, 0x3f8; out dx, al
                .code(0xb9, 0xff, 0xff, 0xe2, 0xfe) // mov cx, 0xffff; loop $
                .code(0xeb, 0xf1); // jmp again
        return Files.writeString(folder.resolve("letters.yaml"), """
                        name: letters
                        memory: 16MiB
                        boot: {kernel: %s}
                        devices:
                          - {type: serial-16550, id: com1, console: stdio}
                          - {type: letters, id: letters}
                          - {type: debug-exit, id: exit, port: 0x%x}
                        """.formatted(
                                sector.in(folder).getFileName(), EXIT_PORT))
                .toString();
    }

    private Backplane start(String... arguments) {
        var command = Backplane.command(home, arguments);
        command.environment().put("XDG_STATE_HOME", folder.resolve("state").toString());
        var backplane = Backplane.of(command);
        backplane.endInput();
        return backplane;
    }

    /** No letter is lost or comes twice, whichever of the two has printed it. */
    private static void assertAlphabet(String text) {
        assertTrue(text.length() > 78, text);
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            if (Character.toLowerCase(letter) != 'a' + i % 26) {
                throw new AssertionError("letter " + i + " of " + text.length() + " is " + letter + ": "
                        + List.of(text.substring(Math.max(0, i - 40), i), text.substring(i)));
            }
        }
    }
}
