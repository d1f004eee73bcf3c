package dev.backplane.protocol.file.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageOpener;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.StorageContract;
import dev.backplane.testkit.TestMachine;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileProtocolTest extends StorageContract<FileOptions, FileState> {
    @TempDir
    Path folder = Path.of("");

    @Override
    protected StorageOpener<FileOptions, FileState> opener() {
        return new FileProtocol();
    }

    @Override
    protected FileOptions options(TestMachine machine) throws Exception {
        Path path = Files.createTempFile(folder, "disk", ".img");
        try (var file = new RandomAccessFile(path.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        return new FileOptions(path, false);
    }

    private static String refused(FileOptions options) {
        return assertThrows(
                        ConfigurationException.class,
                        () -> StorageBench.make(new FileProtocol(), options, new TestMachine()))
                .getMessage();
    }

    @Test
    void whatCannotBeOpenedIsNamedWithTheReason() {
        Path missing = folder.resolve("missing.img");
        assertEquals(
                missing + " cannot be opened for writing: it does not exist", refused(new FileOptions(missing, false)));
        assertEquals(folder + " is a folder: name a file in it", refused(new FileOptions(folder, true)));
    }

    @Test
    void aFileThatIsReadOnlyRefusesEveryWriteAndStaysAsItIs() throws Exception {
        Path path = Files.write(folder.resolve("a"), new byte[] {1, 2, 3, 4});
        try (var bench = StorageBench.plug(new FileProtocol(), new FileOptions(path, true), new TestMachine())) {
            assertEquals(4, bench.layer().capacityBytes());
            MemorySegment two = MemorySegment.ofArray(new byte[2]);
            var refused =
                    assertThrows(StorageException.class, () -> bench.layer().write(0, two));
            assertEquals(StorageException.Kind.READ_ONLY, refused.kind());
            assertThrows(StorageException.class, () -> bench.layer().zero(0, 1, false));
            assertThrows(StorageException.class, () -> bench.layer().discard(0, 1));
            bench.layer().flush();
        }
        assertArrayEquals(new byte[] {1, 2, 3, 4}, Files.readAllBytes(path));
    }

    @Test
    void aFileThatIsCutShorterIsAnErrorThatSaysSo() throws Exception {
        Path path = Files.write(folder.resolve("b"), new byte[4096]);
        try (var bench = StorageBench.plug(new FileProtocol(), new FileOptions(path, false), new TestMachine())) {
            try (var file = new RandomAccessFile(path.toFile(), "rw")) {
                file.setLength(100);
            }
            var error = assertThrows(
                    StorageException.class, () -> bench.layer().read(0, MemorySegment.ofArray(new byte[200])));
            assertTrue(error.getMessage().contains("b has become shorter: nothing to read at 100"), error.getMessage());
        }
    }

    @Test
    void whatIsWrittenIsInTheFileAfterAFlush() throws Exception {
        FileOptions options = options(new TestMachine());
        try (var bench = StorageBench.plug(new FileProtocol(), options, new TestMachine())) {
            bench.layer().write(1000, MemorySegment.ofArray(new byte[] {7, 8, 9}));
            bench.layer().flush();
            assertArrayEquals(
                    new byte[] {0, 7, 8, 9, 0}, Arrays.copyOfRange(Files.readAllBytes(options.path()), 999, 1004));
        }
    }
}
