package dev.backplane.storage.qcow2.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.Storage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.CompressingStorage;
import dev.backplane.api.storage.image.SnapshotStorage;
import dev.backplane.storage.qcow2.internal.QcowCreation.Preallocation;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Encrypted images as a whole: snapshots, lengths, data files, and what is refused. */
@Timeout(300)
class EncryptedImageTest {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final StorageRef DATA = new StorageRef("data.raw");
    private static final int CAPACITY = 3_000_320;

    @TempDir
    Path folder = Path.of("");

    private final TestMachine machine = new TestMachine();
    private Encrypted encrypted = new Encrypted(Path.of(""));

    private QcowImages images = new QcowImages(machine, folder);

    @BeforeEach
    void makeKey() throws IOException {
        images = new QcowImages(machine, folder);
        encrypted = Encrypted.in(folder);
    }

    private void create(QcowCreation creation) throws ConfigurationException, StorageException {
        new QcowFormat().create(creation, new TestImageTarget(machine, IMAGE, "disk.qcow2", CAPACITY));
    }

    private StorageBench<QcowOptions, QcowState> open() {
        return StorageBench.plug(new QcowFormat(), encrypted.options(IMAGE), machine);
    }

    private void judge(Path image, byte[] model) throws Exception {
        encrypted.judge(image, Files.write(folder.resolve("model.raw"), model));
    }

    @ParameterizedTest
    @CsvSource({"65536, false", "4096, false", "512, false", "16384, true"})
    void snapshotsAndLengthsInAnyOrderLeaveWhatQemuReads(long clusterSize, boolean extended) throws Exception {
        Qemu.require();
        Random random = QcowImages.random();
        create(encrypted.creation("1.1", clusterSize, extended));
        byte[] model = new byte[CAPACITY];
        Map<String, byte[]> kept = new LinkedHashMap<>();
        try (var bench = open()) {
            for (int i = 0; i < 30; i++) {
                Storage disk = bench.layer();
                SnapshotStorage snapshots = (SnapshotStorage) disk;
                String some = kept.isEmpty() ? "" : new ArrayList<>(kept.keySet()).get(random.nextInt(kept.size()));
                switch (random.nextInt(8)) {
                    case 0, 1 -> {
                        if (kept.size() < 4) {
                            snapshots.createSnapshot("snapshot " + i);
                            kept.put("snapshot " + i, model.clone());
                        }
                    }
                    case 2 -> {
                        if (!some.isEmpty()) {
                            snapshots.applySnapshot(some);
                            model = kept.get(some).clone();
                        }
                    }
                    case 3 -> {
                        if (!some.isEmpty()) {
                            snapshots.deleteSnapshot(some);
                            kept.remove(some);
                        }
                    }
                    case 4 -> {
                        int next = random.nextInt(1, 8000) * 512;
                        ((ResizableStorage) disk).resize(next);
                        model = Arrays.copyOf(model, next);
                    }
                    case 5 -> bench.swap();
                    default -> QcowImages.write(disk, model, random, 5);
                }
                assertArrayEquals(model, QcowImages.readAll(bench.layer()), "after operation " + i);
                if (kept.containsKey(some)) {
                    Storage then = ((SnapshotStorage) bench.layer()).openSnapshot(some);
                    assertArrayEquals(kept.get(some), QcowImages.readAll(then), some + " after operation " + i);
                }
            }
            bench.layer().flush();
        }
        Path image = images.store(IMAGE, "written.qcow2");
        judge(image, model);
        for (Map.Entry<String, byte[]> each : kept.entrySet()) {
            encrypted.must(image, "qemu-img", "snapshot", "-a", each.getKey());
            judge(image, each.getValue());
        }
    }

    @Test
    void aDataFileOfItsOwnIsEncryptedByItsOwnOffsets() throws Exception {
        Qemu.require();
        Random random = QcowImages.random();
        create(encrypted.creation("1.1", 65536, false, Preallocation.OFF, Optional.of(DATA.bay())));
        byte[] model = new byte[CAPACITY];
        QcowOptions options = new QcowOptions(IMAGE, Optional.empty(), Optional.of(DATA), Optional.of(encrypted.key()));
        try (var bench = StorageBench.plug(new QcowFormat(), options, machine)) {
            QcowImages.write(bench.layer(), model, random, 30);
            bench.swap();
            QcowImages.write(bench.layer(), model, random, 10);
            assertArrayEquals(model, QcowImages.readAll(bench.layer()));
            bench.layer().flush();
        }
        images.store(DATA, DATA.bay());
        judge(images.store(IMAGE, "written.qcow2"), model);
    }

    @Test
    void nothingOfTheDiskStandsInTheImageAsItIs() throws Exception {
        create(encrypted.creation("1.1", 65536, false));
        byte[] text = "attack at dawn, ".repeat(20_000).getBytes();
        try (var bench = open()) {
            bench.layer().write(1000, MemorySegment.ofArray(text));
            bench.layer().write(700_000, MemorySegment.ofArray(text).asSlice(0, 100));
            bench.layer().flush();
            Extent extent = ((MappedStorage) bench.layer()).extent(1000, 100);
            assertEquals(Extent.Kind.DATA, extent.kind());
            assertTrue(extent.place().isEmpty(), extent::toString);
        }
        String stored = new String(
                machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE),
                java.nio.charset.StandardCharsets.ISO_8859_1);
        assertFalse(stored.contains("attack"));
    }

    @Test
    void theKeyIsAskedForWhereItIsNeededAndNowhereElse() throws Exception {
        create(encrypted.creation("1.1", 65536, false));
        var missing = assertThrows(
                ConfigurationException.class,
                () -> StorageBench.make(new QcowFormat(), new QcowOptions(IMAGE, Optional.empty()), machine));
        assertTrue(missing.getMessage().startsWith("passphrase: the image is encrypted"), missing::getMessage);
        Files.writeString(encrypted.key(), "open barley");
        var wrong = assertThrows(
                ConfigurationException.class,
                () -> StorageBench.make(new QcowFormat(), encrypted.options(IMAGE), machine));
        assertTrue(wrong.getMessage().contains("opens none of the 1 key slots"), wrong::getMessage);
        new QcowFormat()
                .create(
                        MadeTest.made("1.1", 65536, 16, false, Preallocation.OFF),
                        new TestImageTarget(machine, IMAGE, "disk.qcow2", CAPACITY));
        var needless = assertThrows(
                ConfigurationException.class,
                () -> StorageBench.make(new QcowFormat(), encrypted.options(IMAGE), machine));
        assertEquals("passphrase: the image is not encrypted: leave this out", needless.getMessage());
    }

    @Test
    void whatAnEncryptedImageCannotBeIsRefused() throws Exception {
        var places = assertThrows(
                ConfigurationException.class,
                () -> create(encrypted.creation("1.1", 65536, false, Preallocation.METADATA, Optional.empty())));
        assertTrue(places.getMessage().startsWith("preallocation: "), places::getMessage);
        create(encrypted.creation("1.1", 65536, false));
        try (var bench = open()) {
            var refused = assertThrows(
                    StorageException.class,
                    () -> ((CompressingStorage) bench.layer())
                            .writeCompressed(0, MemorySegment.ofArray(new byte[65536])));
            assertEquals(StorageException.Kind.UNSUPPORTED, refused.kind());
        }
    }

    @Test
    void aHeaderThatIsNotWhereItShouldBeIsRefused() throws Exception {
        create(encrypted.creation("1.1", 65536, false));
        byte[] good = machine.storage(IMAGE).bytes().toArray(ValueLayout.JAVA_BYTE);
        int pointer = 112 + 8;
        assertEquals(Extension.ENCRYPTION, ByteBuffer.wrap(good).getInt(112));
        long offset = ByteBuffer.wrap(good).getLong(pointer);
        record Damage(int at, long value, String says) {}
        for (Damage damage : new Damage[] {
            new Damage(pointer, 0, "at 0x0"),
            new Damage(pointer, offset + 512, "at 0x"),
            new Damage(pointer, -65536, "at 0x"),
            new Damage(pointer, 1L << 40, "at 0x"),
            new Damage(pointer + 8, 0, "of 0 bytes"),
            new Damage(pointer + 8, -1, "of -1 bytes"),
            new Damage(pointer + 8, 1L << 40, "of 1099511627776 bytes"),
            new Damage(pointer + 8, 1_000_000, "the payload at sector 4040"),
            new Damage(pointer + 8, 600, "too few for a LUKS header"),
        }) {
            byte[] bad = good.clone();
            ByteBuffer.wrap(bad).putLong(damage.at, damage.value);
            machine.storage(IMAGE).write(0, MemorySegment.ofArray(bad));
            var refused = assertThrows(
                    StorageException.class,
                    () -> StorageBench.make(new QcowFormat(), encrypted.options(IMAGE), machine));
            assertTrue(refused.getMessage().contains(damage.says), refused::getMessage);
        }
    }

    @Test
    void compressedClustersOfQemuAreReadAsTheyAre() throws Exception {
        Qemu.require();
        create(encrypted.creation("1.1", 65536, false));
        Path image = images.store(IMAGE, "compressed.qcow2");
        encrypted.must(image, "qemu-io", "-c", "write -c -P 3 64k 64k", "-c", "write -P 4 128k 64k");
        byte[] bytes = Files.readAllBytes(image);
        machine.storage(IMAGE).resize(bytes.length);
        machine.storage(IMAGE).write(0, MemorySegment.ofArray(bytes));
        byte[] model = new byte[CAPACITY];
        Arrays.fill(model, 64 << 10, 128 << 10, (byte) 3);
        Arrays.fill(model, 128 << 10, 192 << 10, (byte) 4);
        try (var bench = open()) {
            assertArrayEquals(model, QcowImages.readAll(bench.layer()));
        }
    }
}
