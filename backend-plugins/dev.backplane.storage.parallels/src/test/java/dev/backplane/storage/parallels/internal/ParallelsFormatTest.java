package dev.backplane.storage.parallels.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.MappedStorage;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParallelsFormatTest {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final ParallelsOptions OPTIONS = new ParallelsOptions(IMAGE);
    private static final int CLUSTER = 64 << 10;
    private static final int TABLE = ParallelsHeader.BYTES;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @TempDir
    Path folder = Path.of("");

    private final TestMachine machine = new TestMachine();
    private final MemoryStorage image = machine.storage(IMAGE);

    /** A disk of 4 clusters, the last one a half, of which 1 and 3 are in the image. */
    @BeforeEach
    void make() throws Exception {
        new ParallelsFormat()
                .create(
                        new ParallelsCreation(CLUSTER),
                        new TestImageTarget(machine, IMAGE, "disk.hdd", 3 * CLUSTER + CLUSTER / 2));
        write(CLUSTER, 1);
        write(3 * CLUSTER, 3);
    }

    private StorageBench<ParallelsOptions, ParallelsState> open() {
        return StorageBench.plug(new ParallelsFormat(), OPTIONS, machine);
    }

    private void write(long offset, int value) throws StorageException {
        try (var bench = open()) {
            bench.layer().write(offset, MemorySegment.ofArray(new byte[] {(byte) value}));
            bench.layer().flush();
        }
    }

    private void set(long offset, int value) {
        image.bytes().set(INT, offset, value);
    }

    private int at(long offset) {
        return image.bytes().get(INT, offset);
    }

    private CheckReport check(CheckMode mode) throws StorageException {
        return new ParallelsFormat().check(OPTIONS, StorageBench.context(machine), mode);
    }

    private void judge(String... reads) throws Exception {
        Qemu.require();
        Path written = Files.write(folder.resolve("disk.hdd"), image.bytes().toArray(ValueLayout.JAVA_BYTE));
        Qemu.checkClean("parallels", written);
        for (String read : reads) {
            Qemu.must("qemu-io", "-r", "-f", "parallels", "-c", "read -P " + read, written);
        }
    }

    private void assertRefused(Kind kind, String says) {
        var refused =
                assertThrows(StorageException.class, () -> StorageBench.make(new ParallelsFormat(), OPTIONS, machine));
        assertTrue(refused.getMessage().contains(says), refused::getMessage);
        assertEquals(kind, refused.kind());
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, INVALID_FORMAT, not a Parallels image",
        "16, 3, UNSUPPORTED, version 3",
        "28, 0, CORRUPT, clusters of 0 sectors",
        "28, 0x7fffffff, CORRUPT, clusters of 2147483647 sectors",
        "32, 3, CORRUPT, 3 clusters of 128 sectors for a disk of 448",
        "32, 0x7fffffff, CORRUPT, a table of 2147483647 entries",
        "40, 0x80000000, CORRUPT, 4 clusters of 128 sectors",
        "48, 0, CORRUPT, clusters from 0x0 on",
        "56, 1, UNSUPPORTED, extensions"
    })
    void headersOfWhatWeDoNotKnowAreRefused(long at, String value, Kind kind, String says) {
        set(at, Long.decode(value).intValue());
        assertRefused(kind, says);
    }

    @Test
    void extensionsAreNoMatterToWhoReads() throws Exception {
        set(56, 1);
        image.writable(false);
        try (var bench = open()) {
            assertEquals(false, bench.layer().isWritable());
        }
    }

    @Test
    void itIsRecognisedByItsMark() throws Exception {
        assertTrue(new ParallelsFormat().recognizes(image, ""));
        set(0, 0);
        assertEquals(false, new ParallelsFormat().recognizes(image, "disk.hdd"));
        image.resize(10);
        assertEquals(false, new ParallelsFormat().recognizes(image, "disk.hdd"));
    }

    @Test
    void imagesOfTheFirstGenerationCountInSectors() throws Exception {
        image.write(0, MemorySegment.ofArray("WithoutFreeSpace".getBytes(StandardCharsets.US_ASCII)));
        for (int i = 0; i < 4; i++) {
            set(TABLE + 4 * i, at(TABLE + 4 * i) * CLUSTER / 512);
        }
        write(0, 7);
        judge("7 0 1", "1 64k 1", "3 192k 1");
        assertEquals(3, check(CheckMode.REPORT).allocatedUnits());
    }

    @Test
    void theImageIsInUseOnlyWhileTheTableIsBehind() throws Exception {
        try (var bench = open()) {
            bench.layer().write(CLUSTER, MemorySegment.ofArray(new byte[] {5}));
            assertEquals(ParallelsHeader.CLOSED, at(ParallelsHeader.IN_USE_AT));
            bench.layer().write(0, MemorySegment.ofArray(new byte[] {7}));
            assertEquals(ParallelsHeader.IN_USE, at(ParallelsHeader.IN_USE_AT));
            bench.layer().flush();
            assertEquals(ParallelsHeader.CLOSED, at(ParallelsHeader.IN_USE_AT));
        }
        judge("7 0 1", "5 64k 1");
    }

    @Test
    void anImageThatWasNotClosedIsCheckedBeforeItIsWritten() throws Exception {
        set(ParallelsHeader.IN_USE_AT, ParallelsHeader.IN_USE);
        try (var bench = open()) {
            assertTrue(((DescribedStorage) bench.layer()).describe().unclean());
            bench.layer().write(0, MemorySegment.ofArray(new byte[] {7}));
            bench.layer().flush();
        }
        judge("7 0 1", "1 64k 1");
        set(ParallelsHeader.IN_USE_AT, ParallelsHeader.IN_USE);
        set(TABLE + 8, at(TABLE));
        assertRefused(Kind.CORRUPT, "was not closed, and is damaged (two blocks overlap");
        image.writable(false);
        open().close();
    }

    @Test
    void clustersThatAreNotThereAreHoles() throws Exception {
        try (var bench = open()) {
            MappedStorage disk = (MappedStorage) bench.layer();
            assertEquals(new Extent(0, CLUSTER, Extent.Kind.ABSENT), disk.extent(0, 2 * CLUSTER));
            assertEquals(Extent.Kind.DATA, disk.extent(CLUSTER, CLUSTER).kind());
        }
    }

    @Test
    void clustersWhereNothingCanBeAreErrorsThatARepairTakesOut() throws Exception {
        for (int wrong : new int[] {-1, 100}) {
            set(TABLE, wrong);
            try (var bench = open()) {
                MemorySegment some = MemorySegment.ofArray(new byte[1]);
                assertEquals(
                        Kind.CORRUPT,
                        assertThrows(StorageException.class, () -> bench.layer().write(0, some))
                                .kind());
            }
            assertEquals(1, check(CheckMode.REPORT).corruptions());
            assertEquals(1, check(CheckMode.REPAIR_ALL).corruptionsFixed());
            judge("1 64k 1", "3 192k 1");
        }
    }

    @Test
    void whatIsBehindTheLastClusterIsALeakAndGoesWithTheNextWrite() throws Exception {
        image.resize(image.capacityBytes() + 2 * CLUSTER);
        assertEquals(2, check(CheckMode.REPORT).leaks());
        long before = image.capacityBytes();
        write(CLUSTER, 4);
        assertEquals(before - 2 * CLUSTER, image.capacityBytes());
        image.resize(before);
        set(ParallelsHeader.IN_USE_AT, ParallelsHeader.IN_USE);
        assertEquals(3, check(CheckMode.REPAIR_LEAKS).leaksFixed());
        judge("4 64k 1", "3 192k 1");
    }

    @Test
    void aDiskIsMadeLongerAsFarAsTheTableHasEntries() throws Exception {
        try (var bench = open()) {
            ResizableStorage disk = (ResizableStorage) bench.layer();
            assertThrows(StorageException.class, () -> disk.resize(CLUSTER));
            assertThrows(StorageException.class, () -> disk.resize(5 * CLUSTER));
            disk.resize(4 * CLUSTER);
            disk.write(4 * CLUSTER - 1, MemorySegment.ofArray(new byte[] {9}));
            disk.flush();
        }
        judge("9 262143 1", "3 192k 1");
    }

    @Test
    void optionsThatCannotBeHadAreRefused() {
        assertThrows(
                ConfigurationException.class,
                () -> new ParallelsFormat()
                        .create(new ParallelsCreation(1000), new TestImageTarget(machine, IMAGE, "d", 1 << 20)));
        assertThrows(
                ConfigurationException.class,
                () -> new ParallelsFormat()
                        .create(new ParallelsCreation(512), new TestImageTarget(machine, IMAGE, "d", 1L << 40)));
    }
}
