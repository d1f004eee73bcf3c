package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokenInstallationIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @TempDir
    Path home;

    @Test
    void aMissingLibraryIsReportedWithItsPackageAndStatus70() throws IOException {
        installWithout("org.osgi.util.promise");
        try (var backplane = Backplane.startFrom(home, "--version")) {
            var result = backplane.await(TIMEOUT);
            assertEquals(70, result.status(), result.errors());
            assertEquals("", result.text());
            assertTrue(result.errors().contains("osgi.wiring.package=org.osgi.util.promise"), result.errors());
            assertFalse(result.errors().contains("\tat "), result.errors());
        }
    }

    private void installWithout(String symbolicName) throws IOException {
        for (var folder : List.of("", "etc", "lib", "bundles")) {
            Files.createDirectories(home.resolve(folder));
            try (var files = Files.list(Backplane.HOME.resolve(folder))) {
                for (var file : files.filter(Files::isRegularFile).toList()) {
                    var name = file.getFileName().toString();
                    // Class data that was made elsewhere is of no use here.
                    if (!name.startsWith(symbolicName + "-") && !name.endsWith(".aot")) {
                        Files.copy(file, home.resolve(folder, name));
                    }
                }
            }
        }
    }
}
