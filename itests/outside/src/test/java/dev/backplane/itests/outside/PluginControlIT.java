package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Plugins of a process that serves are updated over its control socket, under two machines that print the alphabet for ever: no letter is
 * lost and none comes twice.
 */
class PluginControlIT {
    private static final Duration STEP = Duration.ofMinutes(2);
    private static final String SERIAL = "dev.backplane.device.serial";
    private static final String CONSOLE = "dev.backplane.console.file";
    private static final String VIRTIO = "dev.backplane.virtio";
    private static final String NATIVES = "dev.backplane.natives";
    private static final String X86 = "dev.backplane.x86";

    @TempDir
    Path folder;

    private Serving serving;

    private Backplane.Result ctl(String... words) {
        var all = new ArrayList<>(List.of("--json"));
        all.addAll(List.of(words));
        return serving.ctl(all.toArray(String[]::new));
    }

    private void done(String part, String... words) {
        var result = ctl(words);
        result.assertStatus(0);
        assertTrue(result.text().contains(part), result.text() + result.errors());
    }

    private void refused(String part, String... words) {
        var result = ctl(words);
        result.assertStatus(1);
        assertTrue(result.errors().contains(part), result.text() + result.errors());
        assertTrue(!result.errors().contains("an error in Backplane itself"), result.errors());
    }

    private void define(String name) throws IOException {
        var sector = new BootSector()
                .code(0xb3, 'a') // mov bl, 'a'
                .code(0xba, 0xf8, 0x03, 0x88, 0xd8, 0xee) // again: mov dx, 0x3f8; mov al, bl; out dx, al
                .code(
                        0xfe, 0xc3, 0x80, 0xfb, 'z' + 1, 0x75, 0x02, 0xb3,
                        'a') // inc bl; cmp bl, 'z' + 1; jne; mov bl, 'a'
                .code(0xb9, 0xff, 0xff, 0xe2, 0xfe) // mov cx, 0xffff; loop $
                .code(0xeb, 0xea); // jmp again
        Files.writeString(folder.resolve(name + ".yaml"), """
                name: %s
                memory: 16MiB
                cpu: soft
                boot: {kernel: %s}
                devices:
                  - {type: serial-16550, id: com1, console: {type: file, path: %s.txt}}
                  - {type: virtio-rng, id: rng}
                """.formatted(
                        name, sector.in(folder).getFileName(), name));
        done("", "vm", "define", name + ".yaml");
        done("", "vm", "start", name);
    }

    private String rebuilt(String symbolicName, String version) throws IOException {
        return RebuiltPlugin.of(symbolicName, version, folder).toString();
    }

    private void awaitLetters() throws Exception {
        for (var name : List.of("one", "two")) {
            var file = folder.resolve(name + ".txt");
            long before = Files.exists(file) ? Files.size(file) : 0;
            for (long end = System.nanoTime() + STEP.toNanos();
                    !Files.exists(file) || Files.size(file) < before + 30;
                    Thread.sleep(50)) {
                assertTrue(System.nanoTime() < end, name + " prints on");
            }
        }
    }

    private void assertAlphabet(String name) throws IOException {
        var text = Files.readString(folder.resolve(name + ".txt"));
        for (int i = 0; i < text.length(); i++) {
            assertEquals('a' + i % 26, text.charAt(i), "letter " + i + " of " + text.length() + " of " + name);
        }
    }

    @Test
    void updatesAreTriedFollowedTakenBackAndPinnedOverTheControlSocket() throws Exception {
        serving = new Serving(folder);
        try (var serve = serving.start()) {
            define("one");
            define("two");
            awaitLetters();
            refused("no update waits", "plugin", "commit");
            var next = rebuilt(SERIAL, "7.1.0");
            done("\"outcome\": \"dry-run\"", "plugin", "update", "--dry-run", next);
            done("\"outcome\": \"canary\"", "plugin", "update", "--canary", "two", next);
            done("on trial: two", "plugin", "list");
            refused("waits for 'plugin commit' or 'plugin rollback'", "plugin", "update", next);
            awaitLetters();
            done("\"outcome\": \"rolled-back\"", "plugin", "rollback");
            done("\"outcome\": \"canary\"", "plugin", "update", "--canary", "one", next);
            done("\"generation\": 1", "plugin", "commit");
            refused("it is this very jar", "plugin", "update", next);
            refused("there is no machine \"three\"", "plugin", "update", "--canary", "three", next);
            awaitLetters();
            done("\"generation\": 2", "plugin", "update", "--pin", "two", rebuilt(SERIAL, "7.2.0"));
            done("pinned: two", "plugin", "list");
            done("", "plugin", "unpin", "two");
            awaitLetters();
            done("are in use; generation 4", "plugin", "update", rebuilt(SERIAL, "7.3.0"), rebuilt(CONSOLE, "7.3.0"));
            awaitLetters();
            refused("it cannot change while machines run", "plugin", "update", rebuilt(NATIVES, "7.4.0"));
            awaitLetters();
            // The CPU backends stand on it, and are replaced with it.
            done("\"refreshed\": 5", "plugin", "update", "--dry-run", rebuilt(X86, "7.5.0"));
            done("\"generation\": 5", "plugin", "update", X86 + "-7.5.0.jar");
            awaitLetters();
            // So are the devices that need its service.
            done("\"refreshed\": 8", "plugin", "update", "--dry-run", rebuilt(VIRTIO, "7.6.0"));
            done("\"generation\": 6", "plugin", "update", VIRTIO + "-7.6.0.jar");
            awaitLetters();
            serve.killJvm();
            serve.await(STEP);
        }
        assertAlphabet("one");
        assertAlphabet("two");
    }
}
