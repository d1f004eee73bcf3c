package dev.backplane.console.file.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.console.ConsoleBackend;
import dev.backplane.api.part.ConfigurationException;
import dev.backplane.testkit.ConsoleBench;
import dev.backplane.testkit.ConsoleContract;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileConsoleTest extends ConsoleContract<FileOptions, FileState> {
    @TempDir
    Path folder = Path.of("");

    @Override
    protected ConsoleBackend<FileOptions, FileState> backend() {
        return new FileConsole();
    }

    @Override
    protected FileOptions options() {
        return new FileOptions(log(), false);
    }

    @Override
    protected boolean takesInput() {
        return false;
    }

    @Override
    protected FarEnd farEnd() {
        return new Reader(log());
    }

    @Test
    void theFileBeginsAnewUnlessItIsAppendedTo() throws IOException {
        Files.writeString(log(), "before");
        run(new FileOptions(log(), false), "one");
        assertEquals("one", Files.readString(log()));
        run(new FileOptions(log(), true), "two");
        assertEquals("onetwo", Files.readString(log()));
    }

    @Test
    void aMissingFolderIsNamed() {
        Path path = folder.resolve("missing/boot.log");
        ConfigurationException error = assertThrows(
                ConfigurationException.class, () -> ConsoleBench.make(backend(), new FileOptions(path, false)));
        assertTrue(
                error.getMessage().contains(path + " cannot be written: its folder does not exist"), error::toString);
    }

    @Test
    void aFolderInPlaceOfAFileIsRefused() {
        ConfigurationException error = assertThrows(
                ConfigurationException.class, () -> ConsoleBench.make(backend(), new FileOptions(folder, false)));
        assertTrue(error.getMessage().contains("it is a folder"), error::toString);
    }

    private void run(FileOptions options, String text) {
        try (var bench = ConsoleBench.plug(backend(), options)) {
            bench.writeAll(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private Path log() {
        return folder.resolve("boot.log");
    }

    /** Whoever reads the file. */
    private record Reader(Path path) implements FarEnd {
        @Override
        public byte[] receive(int count) throws Exception {
            byte[] bytes = new byte[0];
            for (int attempt = 0; attempt < 1000 && bytes.length < count; attempt++) {
                Thread.sleep(10);
                bytes = Files.readAllBytes(path);
            }
            assertArrayEquals(bytes, Arrays.copyOf(bytes, count), "more or fewer bytes than expected");
            return bytes;
        }

        @Override
        public void send(byte[] bytes) {
            throw new UnsupportedOperationException("nobody types into a file");
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }
}
