package dev.backplane.natives.internal;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.backplane.natives.HostException;
import dev.backplane.natives.terminal.ByteStream;
import dev.backplane.natives.terminal.Direction;
import dev.backplane.natives.terminal.HostTerminals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class StreamTest {
    private final SystemCalls calls = SystemCalls.bind();
    private final HostTerminals terminals = new LinuxTerminals(calls);

    @Test
    void aRegularFileIsReadAndWrittenAtTheSharedPosition(@TempDir Path folder) throws IOException {
        Path path = Files.writeString(folder.resolve("file"), "abc");
        try (Descriptor file = Descriptor.open(calls, path.toString(), Linux.O_RDWR)) {
            try (ByteStream input = terminals.stream(file.number(), Direction.INPUT)) {
                byte[] bytes = new byte[2];
                assertEquals(2, input.read(bytes, 0, 2, ByteStream.FOREVER));
                assertEquals("ab", new String(bytes, US_ASCII));
            }
            try (ByteStream output = terminals.stream(file.number(), Direction.OUTPUT)) {
                assertEquals(2, output.write("XY".getBytes(US_ASCII), 0, 2, ByteStream.FOREVER));
            }
            try (ByteStream input = terminals.stream(file.number(), Direction.INPUT)) {
                assertEquals(ByteStream.END, input.read(new byte[2], 0, 2, ByteStream.FOREVER));
            }
        }
        assertEquals("abXY", Files.readString(path));
    }

    @Test
    void theWrongDirectionIsRefused(@TempDir Path folder) throws IOException {
        Path path = Files.writeString(folder.resolve("file"), "abc");
        try (Descriptor file = Descriptor.open(calls, path.toString(), Linux.O_RDWR);
                ByteStream input = terminals.stream(file.number(), Direction.INPUT)) {
            assertThrows(IllegalStateException.class, () -> input.write(new byte[1], 0, 1, ByteStream.FOREVER));
        }
    }

    @Test
    void aDescriptorThatIsNotOpenIsAnError() {
        HostException error = assertThrows(HostException.class, () -> terminals.stream(9999, Direction.INPUT));
        assertEquals("EBADF", error.errno());
    }
}
