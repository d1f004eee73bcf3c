package dev.backplane.storage.vmdk.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.api.storage.image.CompressingStorage;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VmdkFormatTest {
    private static final StorageRef IMAGE = new StorageRef("image.vmdk");
    private static final VmdkOptions OPTIONS = new VmdkOptions(IMAGE, List.of());
    private static final int MIB = 1 << 20;
    private static final int GRAIN = 64 << 10;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @TempDir
    Path folder = Path.of("");

    private final TestMachine machine = new TestMachine();
    private final MemoryStorage image = machine.storage(IMAGE);

    @BeforeEach
    void make() throws Exception {
        make("monolithicSparse");
    }

    private List<StorageRef> make(String subformat) throws Exception {
        TestImageTarget target = new TestImageTarget(machine, IMAGE, IMAGE.bay(), 4 * MIB);
        new VmdkFormat().create(new VmdkCreation(subformat, "ide"), target);
        return target.siblings();
    }

    private StorageBench<VmdkOptions, VmdkState> open() {
        return StorageBench.plug(new VmdkFormat(), OPTIONS, machine);
    }

    private void write(long offset, int value) throws StorageException {
        try (var bench = open()) {
            bench.layer().write(offset, MemorySegment.ofArray(new byte[] {(byte) value}));
            bench.layer().flush();
        }
    }

    private byte[] readAll() throws StorageException {
        try (var bench = open()) {
            byte[] all = new byte[(int) bench.layer().capacityBytes()];
            bench.layer().read(0, MemorySegment.ofArray(all));
            return all;
        }
    }

    private Path store() throws IOException {
        return Files.write(folder.resolve(IMAGE.bay()), image.bytes().toArray(ValueLayout.JAVA_BYTE));
    }

    private void load(StorageRef where, byte[] bytes) throws StorageException {
        machine.storage(where).resize(bytes.length);
        machine.storage(where).write(0, MemorySegment.ofArray(bytes));
    }

    private void text(String text) throws StorageException {
        load(IMAGE, text.getBytes(StandardCharsets.UTF_8));
    }

    private CheckReport check(CheckMode mode) throws StorageException, ConfigurationException {
        return new VmdkFormat().check(OPTIONS, StorageBench.context(machine), mode);
    }

    private void assertRefused(Kind kind, String says) {
        assertRefused(OPTIONS, kind, says);
    }

    private void assertRefused(VmdkOptions options, Kind kind, String says) {
        var refused = assertThrows(StorageException.class, () -> StorageBench.make(new VmdkFormat(), options, machine));
        assertTrue(refused.getMessage().contains(says), refused::getMessage);
        assertEquals(kind, refused.kind());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, INVALID_FORMAT, not a VMDK image",
        "4, 4, UNSUPPORTED, version 4",
        "10, 1, UNSUPPORTED, compression 0",
        "20, 7, CORRUPT, grains of 7 sectors",
        "20, 0, CORRUPT, grains of 0 sectors",
        "24, 1, CORRUPT, grains of 4294967424 sectors",
        "44, 513, CORRUPT, tables of 513",
        "44, 0, CORRUPT, tables of 0",
        "16, 0x80000000, CORRUPT, an extent of",
        "16, 0x1000, CORRUPT, an extent of",
        "12, 0x7fffffff, CORRUPT, a grain directory of",
        "56, 0, CORRUPT, a grain directory of",
        "48, 0x7fffffff, CORRUPT, a grain directory of",
        "28, 0, INVALID_FORMAT, it is an extent",
        "28, 0x7fffffff, INVALID_FORMAT, not a VMDK image"
    })
    void headersOfWhatWeDoNotKnowAreRefused(long at, String value, Kind kind, String says) {
        image.bytes().set(INT, at, Long.decode(value).intValue());
        assertRefused(kind, says);
    }

    @ParameterizedTest
    @CsvSource({
        "CID=, XID=, CORRUPT, no CID",
        "RW, RDONLY, UNSUPPORTED, RDONLY FLAT",
        "FLAT, VMFSSPARSE, UNSUPPORTED, RW VMFSSPARSE",
        "RW 8192, RW 9000, CORRUPT, image-flat.vmdk: 4608000 bytes",
        "RW 8192, RW 0, CORRUPT, an extent of 0 sectors",
        "RW 8192, RW 999999999999999999, CORRUPT, an extent of 999999999999999999",
        "vmdk\" 0, vmdk\" 1, CORRUPT, 4194304 bytes at 0x200",
        "FLAT, SPARSE, INVALID_FORMAT, not a sparse extent"
    })
    void descriptorsOfWhatWeDoNotKnowAreRefused(String what, String with, Kind kind, String says) throws Exception {
        List<StorageRef> extents = make("monolithicFlat");
        String text = new String(image.bytes().toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        String changed = text.replace(what, with);
        assertTrue(!text.equals(changed), text);
        text(changed);
        assertRefused(new VmdkOptions(IMAGE, extents), kind, says);
    }

    @Test
    void furtherFilesAreFollowedOnlyWhereTheyAreGiven() throws Exception {
        var none = assertThrows(
                ConfigurationException.class,
                () -> StorageBench.make(new VmdkFormat(), new VmdkOptions(IMAGE, List.of(IMAGE)), machine));
        assertEquals("extents: the image has no further files: leave this out", none.getMessage());
        make("twoGbMaxExtentFlat");
        var named =
                assertThrows(ConfigurationException.class, () -> StorageBench.make(new VmdkFormat(), OPTIONS, machine));
        assertEquals("extents: the descriptor names 1 files, 0 are given: image-f001.vmdk", named.getMessage());
        assertEquals(
                "image-f001.vmdk", new VmdkFormat().references(image).getFirst().name());
    }

    @Test
    void itIsRecognisedByItsMarkOrItsText() throws Exception {
        assertTrue(new VmdkFormat().recognizes(image, ""));
        text("# Disk DescriptorFile\n");
        assertTrue(new VmdkFormat().recognizes(image, ""));
        text("# Disk\n");
        assertEquals(false, new VmdkFormat().recognizes(image, "x.vmdk"));
        image.resize(0);
        assertEquals(false, new VmdkFormat().recognizes(image, "x.vmdk"));
    }

    @Test
    void theContentIdentifierChangesWithTheFirstWriteAndNotBefore() throws Exception {
        Object before = contentId();
        readAll();
        assertEquals(before, contentId());
        write(0, 1);
        assertNotEquals(before, contentId());
    }

    private @Nullable Object contentId() throws StorageException {
        try (var bench = open()) {
            return ((DescribedStorage) bench.layer()).describe().details().get("cid");
        }
    }

    @Test
    void extentsOfDifferentKindsAreJoined() throws Exception {
        byte[] sparse = image.bytes().toArray(ValueLayout.JAVA_BYTE);
        StorageRef flat = new StorageRef("flat.vmdk");
        StorageRef grains = new StorageRef("grains.vmdk");
        load(flat, new byte[2 * MIB]);
        load(grains, sparse);
        text("""
                # Disk DescriptorFile
                version=1
                CID=00000001
                parentCID=ffffffff
                createType="twoGbMaxExtentSparse"
                RW 1024 FLAT "flat.vmdk" 2048
                RW 8192 SPARSE "grains.vmdk"
                RW 2048 FLAT "flat.vmdk" 0
                """);
        VmdkOptions options = new VmdkOptions(IMAGE, List.of(flat, grains));
        int capacity = (1024 + 8192 + 2048) * 512;
        byte[] model = new byte[capacity];
        Random random = new Random(1);
        try (var bench = StorageBench.plug(new VmdkFormat(), options, machine)) {
            assertEquals(capacity, bench.layer().capacityBytes());
            for (int offset : new int[] {0, 1024 * 512 - 100, (1024 + 8192) * 512 - 5000, capacity - 10_000}) {
                byte[] bytes = new byte[10_000];
                random.nextBytes(bytes);
                bench.layer().write(offset, MemorySegment.ofArray(bytes));
                System.arraycopy(bytes, 0, model, offset, bytes.length);
            }
            bench.layer().flush();
            byte[] read = new byte[capacity];
            bench.layer().read(0, MemorySegment.ofArray(read));
            assertArrayEquals(model, read);
            Extent extent = ((MappedStorage) bench.layer()).extent(1024 * 512 - 1, 512);
            assertEquals(new Extent(1024 * 512 - 1, 1, Extent.Kind.DATA), extent);
        }
        Qemu.require();
        for (StorageRef each : List.of(flat, grains)) {
            Files.write(
                    folder.resolve(each.bay()), machine.storage(each).bytes().toArray(ValueLayout.JAVA_BYTE));
        }
        Qemu.compare("vmdk", store(), Files.write(folder.resolve("model"), model));
    }

    @Test
    void tablesThatAreMissingAreMade() throws Exception {
        long directory = image.bytes().get(LONG, 56) * 512;
        long second = image.bytes().get(LONG, 48) * 512;
        image.bytes().set(INT, directory, 0);
        image.bytes().set(INT, second, 0);
        assertArrayEquals(new byte[4 * MIB], readAll());
        write(MIB, 7);
        write(3 * MIB, 8);
        assertEquals(0, check(CheckMode.REPORT).corruptions());
        assertEquals(2, check(CheckMode.REPORT).allocatedUnits());
        Qemu.require();
        Qemu.checkClean("vmdk", store());
        Qemu.must("qemu-io", "-f", "vmdk", "-c", "read -P 7 1M 1", "-c", "read -P 8 3M 1", store());
        // The second directory leads to the same grains.
        image.bytes().set(LONG, 56, second / 512);
        assertEquals(8, readAll()[3 * MIB]);
    }

    @Test
    void grainsAndTablesThatCannotBeThereAreErrors() throws Exception {
        write(0, 1);
        long directory = image.bytes().get(LONG, 56) * 512;
        long table = image.bytes().get(INT, directory) * 512L;
        int grain = image.bytes().get(INT, table);
        for (int wrong : new int[] {1, 5, -1}) {
            image.bytes().set(INT, table, wrong);
            assertEquals(
                    Kind.CORRUPT,
                    assertThrows(StorageException.class, this::readAll).kind());
            assertEquals(1, check(CheckMode.REPORT).corruptions());
            assertEquals(1, check(CheckMode.REPAIR_ALL).corruptionsFixed());
            assertEquals(0, check(CheckMode.REPORT).corruptions());
        }
        image.bytes().set(INT, table, grain);
        image.bytes().set(INT, table + 4, grain);
        assertEquals(1, check(CheckMode.REPORT).corruptions());
        image.bytes().set(INT, directory, -5);
        assertEquals(
                Kind.CORRUPT,
                assertThrows(StorageException.class, this::readAll).kind());
        assertEquals(1, check(CheckMode.REPAIR_ALL).corruptions());
    }

    private static byte[] compressible(int length) {
        byte[] bytes = new byte[length];
        Random random = new Random(5);
        for (int i = 0; i < 40; i++) {
            Arrays.fill(bytes, random.nextInt(length), length, (byte) random.nextInt());
        }
        Arrays.fill(bytes, GRAIN, 3 * GRAIN, (byte) 0);
        random.nextBytes(bytes);
        Arrays.fill(bytes, length / 2, length - 5, (byte) 3);
        return bytes;
    }

    @Test
    void compressedGrainsOfQemuAreRead() throws Exception {
        Qemu.require();
        byte[] model = compressible(3 * MIB + 512);
        Path raw = Files.write(folder.resolve("model"), model);
        Path made = folder.resolve("stream.vmdk");
        Qemu.must("qemu-img", "convert", "-f", "raw", "-O", "vmdk", "-o", "subformat=streamOptimized", raw, made);
        load(IMAGE, Files.readAllBytes(made));
        assertArrayEquals(model, readAll());
        assertEquals(0, check(CheckMode.REPORT).corruptions());
        // As VMware writes it: the directory's place is in a second header near the end.
        byte[] header = image.bytes().asSlice(0, 512).toArray(ValueLayout.JAVA_BYTE);
        image.bytes().set(LONG, 56, -1);
        long end = (image.capacityBytes() + 511) / 512 * 512;
        image.resize(end + 1536);
        image.write(end + 512, MemorySegment.ofArray(header));
        image.bytes().set(INT, end + 12, 3);
        assertArrayEquals(model, readAll());
        try (var bench = open()) {
            assertEquals(false, bench.layer().isWritable());
        }
        Qemu.compare("vmdk", store(), raw);
    }

    @Test
    void compressedGrainsAreWrittenOnceAndReadByQemu() throws Exception {
        make("streamOptimized");
        byte[] model = compressible(4 * MIB);
        Arrays.fill(model, 5 * GRAIN, 7 * GRAIN, (byte) 0);
        try (var bench = open()) {
            CompressingStorage disk = (CompressingStorage) bench.layer();
            assertEquals(GRAIN, disk.compressedUnitBytes());
            for (int grain = 63; grain >= 0; grain--) {
                if (grain != 5 && grain != 6) {
                    disk.writeCompressed(
                            (long) grain * GRAIN, MemorySegment.ofArray(model).asSlice((long) grain * GRAIN, GRAIN));
                }
            }
            bench.swap();
            MemorySegment grain = MemorySegment.ofArray(new byte[GRAIN]);
            assertEquals(
                    Kind.UNSUPPORTED,
                    assertThrows(StorageException.class, () -> bench.layer().write(0, grain))
                            .kind());
            assertEquals(
                    Kind.UNSUPPORTED,
                    assertThrows(StorageException.class, () -> bench.layer().write(5 * GRAIN, grain.asSlice(0, 512)))
                            .kind());
            assertThrows(StorageException.class, () -> bench.layer().zero(0, GRAIN, true));
            bench.layer().zero(5 * GRAIN, 2 * GRAIN, true);
        }
        assertArrayEquals(model, readAll());
        assertEquals(0, check(CheckMode.REPORT).corruptions());
        assertEquals(62, check(CheckMode.REPORT).allocatedUnits());
        Qemu.require();
        Qemu.checkClean("vmdk", store());
        Qemu.compare("vmdk", store(), Files.write(folder.resolve("model"), model));
    }

    @Test
    void compressedGrainsThatCannotBeUnpackedAreErrors() throws Exception {
        make("streamOptimized");
        try (var bench = open()) {
            ((CompressingStorage) bench.layer()).writeCompressed(0, MemorySegment.ofArray(new byte[GRAIN]));
            bench.layer().flush();
        }
        long place = image.bytes().get(LONG, 64) * 512;
        for (int length : new int[] {0, -1, 200_000, 5}) {
            image.bytes().set(INT, place + 8, length);
            if (length == 5) {
                image.bytes().set(INT, place + 12, 0x12345678);
            }
            assertEquals(
                    Kind.CORRUPT,
                    assertThrows(StorageException.class, this::readAll).kind());
        }
    }

    @Test
    void optionsThatCannotBeHadAreRefused() {
        for (VmdkCreation wrong :
                List.of(new VmdkCreation("seSparse", "ide"), new VmdkCreation("monolithicFlat", "x"))) {
            assertThrows(
                    ConfigurationException.class,
                    () -> new VmdkFormat().create(wrong, new TestImageTarget(machine, IMAGE, "x.vmdk", MIB)));
        }
    }
}
