package dev.backplane.kernel.internal.bay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.backplane.api.part.RevokedException;
import dev.backplane.kernel.internal.files.ImageFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartFileTest {
    @TempDir
    Path folder;

    @Test
    void aPartBesideAnotherReadsAndAPartThatWasCutOffDoesNothing() throws Exception {
        Path path = Files.writeString(folder.resolve("disk.img"), "before");
        Lifeline lifeline = new Lifeline("web/disk0");
        try (var file = new ImageFiles(null).open(path, true, false, "test")) {
            PartFile seen = new PartFile(file, lifeline);
            lifeline.apart(true);
            assertEquals("before", read(seen.channel()));
            FileChannel channel = seen.channel();
            assertThrows(IOException.class, () -> channel.write(bytes(), 0));
            assertThrows(IOException.class, () -> channel.truncate(1));
            assertThrows(IOException.class, () -> seen.punchHole(0, 1));
            assertEquals("before", Files.readString(path));
            lifeline.apart(false);
            channel.write(bytes(), 0);
            assertEquals("behind", Files.readString(path));
            channel.close();
            seen.close();
            lifeline.cut();
            assertThrows(RevokedException.class, () -> channel.write(bytes(), 0));
            assertThrows(RevokedException.class, () -> read(channel));
            assertEquals(6, file.channel().size());
        }
    }

    private static ByteBuffer bytes() {
        return ByteBuffer.wrap("behind".getBytes(StandardCharsets.US_ASCII));
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(6);
        channel.read(buffer, 0);
        return new String(buffer.array(), StandardCharsets.US_ASCII);
    }
}
