package dev.backplane.testkit;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.state.StateVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** What every kind of part promises, whatever it is for. */
final class Promises {
    private Promises() {}

    /** A state declares its version, and is read by who writes it. */
    static void stateIsVersioned(Record state) {
        Class<?> type = state.getClass();
        StateVersion version = type.getAnnotation(StateVersion.class);
        assertNotNull(version, type.getSimpleName() + " has no @StateVersion");
        assertTrue(
                version.writes() >= 1 && Arrays.stream(version.reads()).anyMatch(each -> each == version.writes()),
                type.getSimpleName() + " does not read the version that it writes");
    }

    /** Open descriptors of this process, where the host shows them. */
    static long descriptors() throws IOException {
        Path folder = Path.of("/proc/self/fd");
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (var entries = Files.list(folder)) {
            return entries.count();
        }
    }
}
