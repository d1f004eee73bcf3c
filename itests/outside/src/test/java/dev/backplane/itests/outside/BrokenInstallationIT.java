package dev.backplane.itests.outside;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokenInstallationIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    @TempDir
    Path home;

    @Test
    void aMissingLibraryIsReportedWithItsPackageAndStatus70() throws Exception {
        Installation.copyTo(home).without("org.osgi.util.promise");
        assertRefused("osgi.wiring.package=org.osgi.util.promise");
    }

    @Test
    void nothingThatTakesTheCommandLineIsReportedWithStatus70() throws Exception {
        Installation.copyTo(home)
                .without("dev.backplane.shell")
                .without("dev.backplane.bench")
                .without("dev.backplane.disk");
        assertRefused("no bundle took the command line within 10 s");
    }

    private void assertRefused(String message) {
        try (var backplane = Backplane.startFrom(home, "--version")) {
            var result = backplane.await(TIMEOUT);
            assertEquals(70, result.status(), result.errors());
            assertEquals("", result.text());
            assertTrue(result.errors().contains(message), result.errors());
            assertFalse(result.errors().contains("\tat "), result.errors());
        }
    }
}
