package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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
    private static final List<String> NAMES = List.of("one", "two");

    @TempDir
    Path folder;

    private Serving serving;
    private AlphabetMachines machines;

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
        machines.write(name, "{type: virtio-rng, id: rng}");
        done("", "vm", "define", name + ".yaml");
        done("", "vm", "start", name);
    }

    private String rebuilt(String symbolicName, String version) throws IOException {
        return RebuiltPlugin.of(symbolicName, version, folder).toString();
    }

    @Test
    void updatesAreTriedFollowedTakenBackAndPinnedOverTheControlSocket() throws Exception {
        serving = new Serving(folder);
        machines = new AlphabetMachines(folder);
        try (var serve = serving.start()) {
            for (var name : NAMES) {
                define(name);
            }
            machines.await(NAMES);
            refused("no update waits", "plugin", "commit");
            var next = rebuilt(SERIAL, "7.1.0");
            done("\"outcome\": \"dry-run\"", "plugin", "update", "--dry-run", next);
            done("\"outcome\": \"canary\"", "plugin", "update", "--canary", "two", next);
            done("on trial: two", "plugin", "list");
            refused("waits for 'plugin commit' or 'plugin rollback'", "plugin", "update", next);
            machines.await(NAMES);
            done("\"outcome\": \"rolled-back\"", "plugin", "rollback");
            done("\"outcome\": \"canary\"", "plugin", "update", "--canary", "one", next);
            done("\"generation\": 1", "plugin", "commit");
            refused("it is this very jar", "plugin", "update", next);
            refused("there is no machine \"three\"", "plugin", "update", "--canary", "three", next);
            machines.await(NAMES);
            done("\"generation\": 2", "plugin", "update", "--pin", "two", rebuilt(SERIAL, "7.2.0"));
            done("pinned: two", "plugin", "list");
            done("", "plugin", "unpin", "two");
            machines.await(NAMES);
            done("are in use; generation 4", "plugin", "update", rebuilt(SERIAL, "7.3.0"), rebuilt(CONSOLE, "7.3.0"));
            machines.await(NAMES);
            refused("it cannot change while machines run", "plugin", "update", rebuilt(NATIVES, "7.4.0"));
            machines.await(NAMES);
            // The CPU backends stand on it, and are replaced with it.
            done("\"refreshed\": 5", "plugin", "update", "--dry-run", rebuilt(X86, "7.5.0"));
            done("\"generation\": 5", "plugin", "update", X86 + "-7.5.0.jar");
            machines.await(NAMES);
            // So are the devices that need its service.
            done("\"refreshed\": 8", "plugin", "update", "--dry-run", rebuilt(VIRTIO, "7.6.0"));
            done("\"generation\": 6", "plugin", "update", VIRTIO + "-7.6.0.jar");
            machines.await(NAMES);
            serve.killJvm();
            serve.await(STEP);
        }
        machines.end(NAMES);
    }
}
