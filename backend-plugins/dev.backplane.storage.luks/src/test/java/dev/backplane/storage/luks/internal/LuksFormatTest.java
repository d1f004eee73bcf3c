package dev.backplane.storage.luks.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.TestImageTarget;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class LuksFormatTest {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final int CAPACITY = 512_000;

    @TempDir
    Path folder = Path.of("");

    private final TestMachine machine = new TestMachine();
    private final LuksFormat format = new LuksFormat();
    private Path key = Path.of("");

    @BeforeEach
    void make() throws Exception {
        key = Files.writeString(folder.resolve("disk.key"), "open sesame");
        format.create(LuksContractTest.quick(key), new TestImageTarget(machine, IMAGE, "disk.luks", CAPACITY));
    }

    private StorageBench<LuksOptions, LuksState> open() {
        return StorageBench.plug(format, new LuksOptions(IMAGE, Optional.of(key)), machine);
    }

    private static byte[] readAll(StorageBench<?, ?> bench) throws StorageException {
        byte[] all = new byte[(int) bench.layer().capacityBytes()];
        bench.layer().read(0, MemorySegment.ofArray(all));
        return all;
    }

    @Test
    void aNewImageReadsAsZerosAndSoDoesWhatIsAddedLater() throws Exception {
        try (var bench = open()) {
            assertArrayEquals(new byte[CAPACITY], readAll(bench));
            byte[] ones = new byte[CAPACITY];
            Arrays.fill(ones, (byte) 1);
            bench.layer().write(0, MemorySegment.ofArray(ones));
            ((ResizableStorage) bench.layer()).resize(2 * CAPACITY);
            assertArrayEquals(Arrays.copyOf(ones, 2 * CAPACITY), readAll(bench));
            ((ResizableStorage) bench.layer()).resize(1024);
            bench.swap();
            assertArrayEquals(Arrays.copyOf(ones, 1024), readAll(bench));
            bench.layer().discard(0, 1024);
            assertArrayEquals(Arrays.copyOf(ones, 1024), readAll(bench));
            bench.layer().zero(100, 500, true);
            Arrays.fill(ones, 100, 600, (byte) 0);
            assertArrayEquals(Arrays.copyOf(ones, 1024), readAll(bench));
        }
    }

    @Test
    void itTellsThatItIsEncryptedAndHow() throws Exception {
        try (var bench = open()) {
            var told = ((DescribedStorage) bench.layer()).describe();
            assertTrue(told.encrypted());
            assertEquals("aes-256", told.details().get("cipher-alg"));
            assertEquals("xts", told.details().get("cipher-mode"));
        }
    }

    @Test
    void itIsRecognisedByItsFirstBytesAndNothingElseIs() throws Exception {
        assertTrue(format.recognizes(machine.storage(IMAGE), "disk.img"));
        MemoryStorage other = new MemoryStorage();
        assertFalse(format.recognizes(other, "disk.luks"));
        other.resize(4096);
        assertFalse(format.recognizes(other, "disk.luks"));
    }

    @Test
    void withoutThePassphraseNothingOpens() {
        var refused = assertThrows(
                ConfigurationException.class,
                () -> StorageBench.make(format, new LuksOptions(IMAGE, Optional.empty()), machine));
        assertTrue(refused.getMessage().startsWith("passphrase: the image is encrypted"), refused::getMessage);
    }

    @Test
    void aHeaderThatWasCutOffIsRefused() throws Exception {
        machine.storage(IMAGE).resize(700);
        var refused = assertThrows(
                StorageException.class,
                () -> StorageBench.make(format, new LuksOptions(IMAGE, Optional.of(key)), machine));
        assertEquals(StorageException.Kind.INVALID_FORMAT, refused.kind());
        machine.storage(IMAGE).resize(100_000);
        refused = assertThrows(
                StorageException.class,
                () -> StorageBench.make(format, new LuksOptions(IMAGE, Optional.of(key)), machine));
    }
}
