package dev.backplane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogFileTest {
    private static final byte[] LINE = ("x".repeat(1023) + "\n").getBytes(StandardCharsets.US_ASCII);

    @TempDir
    Path folder;

    private Path log() {
        return folder.resolve("state/backplane.log");
    }

    private long bytesInFolder() throws IOException {
        try (var files = Files.list(log().getParent())) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }

    @Test
    void nothingIsMadeBeforeTheFirstLine() throws IOException {
        try (var file = new LogFile(log())) {
            assertFalse(Files.exists(log().getParent()));
            file.write(LINE, 0, LINE.length);
            assertEquals(LINE.length, Files.size(log()));
        }
    }

    @Test
    void aProcessThatLogsWithoutEndTakesAFewMegabytes() throws IOException {
        try (var file = new LogFile(log())) {
            for (int n = 0; n < 40 << 10; n++) {
                file.write(LINE, 0, LINE.length);
            }
        }
        assertTrue(bytesInFolder() < 10 << 20, bytesInFolder() + " bytes");
    }

    @Test
    void severalProcessesTakeThatMuchEachAtMost() throws IOException {
        try (var one = new LogFile(log());
                var other = new LogFile(log())) {
            for (int n = 0; n < 20 << 10; n++) {
                one.write(LINE, 0, LINE.length);
                other.write(LINE, 0, LINE.length);
            }
        }
        assertTrue(bytesInFolder() < 25 << 20, bytesInFolder() + " bytes");
    }
}
