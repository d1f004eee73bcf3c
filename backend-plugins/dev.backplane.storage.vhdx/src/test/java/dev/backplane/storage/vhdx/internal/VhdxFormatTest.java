package dev.backplane.storage.vhdx.internal;

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
import dev.backplane.image.ImageBytes;
import dev.backplane.storage.vhdx.internal.VhdxCreation.Subformat;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VhdxFormatTest {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final VhdxOptions OPTIONS = new VhdxOptions(IMAGE);
    private static final int MIB = 1 << 20;
    private static final int METADATA = 2 * MIB;
    private static final int ITEMS = METADATA + (64 << 10);
    private static final int TABLE = 3 * MIB;
    private static final int DATA = 4 * MIB;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @TempDir
    Path folder = Path.of("");

    private final TestMachine machine = new TestMachine();
    private final MemoryStorage image = machine.storage(IMAGE);

    @BeforeEach
    void make() throws Exception {
        make(JudgedTest.creation(Subformat.DYNAMIC), 4 * MIB);
        write(MIB, 7);
    }

    private void make(VhdxCreation creation, long capacity) throws Exception {
        new VhdxFormat().create(creation, new TestImageTarget(machine, IMAGE, "disk.vhdx", capacity));
    }

    private StorageBench<VhdxOptions, VhdxState> open() {
        return StorageBench.plug(new VhdxFormat(), OPTIONS, machine);
    }

    private void write(long offset, int value) throws StorageException {
        try (var bench = open()) {
            bench.layer().write(offset, MemorySegment.ofArray(new byte[] {(byte) value}));
            bench.layer().flush();
        }
    }

    private CheckReport check(CheckMode mode) throws StorageException {
        return new VhdxFormat().check(OPTIONS, StorageBench.context(machine), mode);
    }

    private void assertRefused(Kind kind, String says) {
        var refused = assertThrows(StorageException.class, () -> StorageBench.make(new VhdxFormat(), OPTIONS, machine));
        assertEquals(kind, refused.kind());
        assertTrue(refused.getMessage().contains(says), refused::getMessage);
    }

    /** Changes a number in both copies of a structure, which are sealed anew. */
    private void set(int structure, int apart, int length, int at, int value) throws StorageException {
        ImageBytes bytes = new ImageBytes(image);
        for (int copy = 0; copy < 2; copy++) {
            var whole = bytes.read(structure + copy * apart, length, ByteOrder.LITTLE_ENDIAN);
            bytes.write(structure + copy * apart, Sealed.seal(whole.putInt(at, value)));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "66, 2, UNSUPPORTED, version 2",
        "64, 0x10001, UNSUPPORTED, log version 1",
        "68, 0x80000, CORRUPT, a log of 524288 bytes",
        "68, 0x7ff00000, CORRUPT, a log of 2146435072 bytes",
        "72, 0x10000, CORRUPT, at 0x10000",
        "76, 0x7fffffff, CORRUPT, a log of"
    })
    void headersOfWhatWeDoNotKnowAreRefused(int at, String value, Kind kind, String says) throws Exception {
        set(Header.FIRST_AT, Header.FIRST_AT, 4096, at, Long.decode(value).intValue());
        assertRefused(kind, says);
    }

    @ParameterizedTest
    @CsvSource({
        "8, 4000, CORRUPT, a region table of 4000 entries",
        "8, 1, CORRUPT, there is no metadata",
        "16, 5, UNSUPPORTED, a region that is not known",
        "32, 0x10000, CORRUPT, a region of",
        "36, 0x7fffffff, CORRUPT, a region of",
        "40, 0x7ff00000, CORRUPT, a region of",
        "40, 0, CORRUPT, a region of"
    })
    void regionTablesOfWhatWeDoNotKnowAreRefused(int at, String value, Kind kind, String says) throws Exception {
        set(
                Regions.FIRST_AT,
                Regions.BYTES,
                Regions.BYTES,
                at,
                Long.decode(value).intValue());
        assertRefused(kind, says);
    }

    @ParameterizedTest
    @CsvSource({
        "2097152, 0, CORRUPT, no metadata table",
        "2097160, 0x7fff0000, CORRUPT, no metadata table",
        "2097184, 5, UNSUPPORTED, metadata that are not known",
        "2097200, 0x1000, CORRUPT, metadata at 0x1000",
        "2097200, 0x7fffffff, CORRUPT, metadata at 0x7fffffff",
        "2097160, 0x20000, CORRUPT, required metadata are missing",
        "2162688, 0, CORRUPT, blocks of 0 bytes",
        "2162688, 0x20000000, CORRUPT, blocks of 536870912 bytes",
        "2162692, 2, UNSUPPORTED, it has a parent",
        "2162700, 0x7fffffff, CORRUPT, a disk of",
        "2162700, 0x0400, CORRUPT, a table of",
        "2162696, 1, CORRUPT, in whole sectors",
        "2162720, 520, CORRUPT, sectors of 520 bytes"
    })
    void metadataOfWhatWeDoNotKnowAreRefused(long at, String value, Kind kind, String says) {
        image.bytes().set(INT, at, Long.decode(value).intValue());
        assertRefused(kind, says);
    }

    @Test
    void whatIsNoImageOrHasNoWholeHeaderIsRefused() throws Exception {
        image.bytes().set(INT, Header.FIRST_AT + 8, 99);
        write(0, 5);
        image.bytes().set(INT, Header.FIRST_AT + 8, 99);
        image.bytes().set(INT, 2 * Header.FIRST_AT + 8, 99);
        assertRefused(Kind.CORRUPT, "neither header is whole");
        assertTrue(new VhdxFormat().recognizes(image, ""));
        image.bytes().set(INT, 0, 0);
        assertRefused(Kind.INVALID_FORMAT, "not a VHDX image");
        assertEquals(false, new VhdxFormat().recognizes(image, ""));
    }

    @Test
    void oneRegionTableIsEnough() throws Exception {
        image.bytes().set(INT, Regions.FIRST_AT + 8, 99);
        write(0, 5);
        image.bytes().set(INT, Regions.FIRST_AT + Regions.BYTES + 8, 99);
        assertRefused(Kind.CORRUPT, "neither region table is whole");
    }

    @Test
    void aSessionThatWritesIsNotedAndOneThatReadsIsNot() throws Exception {
        Header before = Header.read(new ImageBytes(image));
        try (var bench = open()) {
            bench.layer().read(0, MemorySegment.ofArray(new byte[1]));
            bench.layer().flush();
        }
        assertEquals(before, Header.read(new ImageBytes(image)));
        write(MIB, 8);
        Header after = Header.read(new ImageBytes(image));
        assertTrue(!before.fileWrite().equals(after.fileWrite())
                && !before.dataWrite().equals(after.dataWrite()));
        assertEquals(Guid.NONE, after.log());
    }

    @Test
    void blocksInTheTablesOrInAStateThatNeedsAParentAreErrors() throws Exception {
        for (long entry : new long[] {6, MIB | 6, METADATA | 6, TABLE | 6, -1L << 20 | 6, DATA | 7, DATA | 5}) {
            image.bytes().set(LONG, TABLE, entry);
            try (var bench = open()) {
                MemorySegment some = MemorySegment.ofArray(new byte[1]);
                assertEquals(
                        Kind.CORRUPT,
                        assertThrows(StorageException.class, () -> bench.layer().write(0, some))
                                .kind());
            }
            assertEquals(1, check(CheckMode.REPORT).corruptions());
            assertEquals(1, check(CheckMode.REPAIR_ALL).corruptionsFixed());
            assertEquals(0, check(CheckMode.REPORT).corruptions());
        }
        image.bytes().set(LONG, TABLE, DATA | 6);
        assertEquals(1, check(CheckMode.REPAIR_ALL).corruptions());
    }

    @Test
    void entriesThatAreNotPresentAreHoles() throws Exception {
        for (int state = 0; state < 4; state++) {
            image.bytes().set(LONG, TABLE, state);
            try (var bench = open()) {
                assertEquals(
                        new Extent(0, MIB, Extent.Kind.ABSENT), ((MappedStorage) bench.layer()).extent(0, 4 * MIB));
            }
        }
        write(0, 3);
        assertEquals(2, check(CheckMode.REPORT).allocatedUnits());
        assertEquals(4, check(CheckMode.REPORT).totalUnits());
    }

    @Test
    void everySoManyBlocksTheTableHasAnEntryForTheirBitmap() throws Exception {
        // 2^23 sectors of 512 bytes in blocks of 1 MiB: 4096.
        make(JudgedTest.creation(Subformat.DYNAMIC), 5L << 30);
        write(4095L * MIB, 1);
        write(4096L * MIB, 2);
        assertEquals(6, image.bytes().get(LONG, TABLE + 8 * 4095) & 7);
        assertEquals(0, image.bytes().get(LONG, TABLE + 8 * 4096));
        assertEquals(6, image.bytes().get(LONG, TABLE + 8 * 4097) & 7);
        assertEquals(2, check(CheckMode.REPORT).allocatedUnits());
        Qemu.require();
        Path written = Files.write(folder.resolve("d.vhdx"), image.bytes().toArray(ValueLayout.JAVA_BYTE));
        Qemu.checkClean("vhdx", written);
        Qemu.must("qemu-io", "-r", "-f", "vhdx", "-c", "read -P 1 4095M 1", "-c", "read -P 2 4096M 1", written);
    }

    @Test
    void aDiskIsMadeLongerAsFarAsTheTableHasRoom() throws Exception {
        try (var bench = open()) {
            ResizableStorage disk = (ResizableStorage) bench.layer();
            disk.resize(100L << 30);
            assertThrows(StorageException.class, () -> disk.resize(4 * MIB));
            assertThrows(StorageException.class, () -> disk.resize(1L << 40));
            disk.write((100L << 30) - 1, MemorySegment.ofArray(new byte[] {4}));
            disk.flush();
        }
        Qemu.require();
        Path written = Files.write(folder.resolve("d.vhdx"), image.bytes().toArray(ValueLayout.JAVA_BYTE));
        Qemu.checkClean("vhdx", written);
        Qemu.must("qemu-io", "-r", "-f", "vhdx", "-c", "read -P 7 1M 1", "-c", "read -P 4 107374182399 1", written);
    }

    @Test
    void optionsThatCannotBeHadAreRefused() {
        for (VhdxCreation wrong : new VhdxCreation[] {
            new VhdxCreation(Subformat.DYNAMIC, 3 * MIB, MIB),
            new VhdxCreation(Subformat.DYNAMIC, 4096, MIB),
            new VhdxCreation(Subformat.DYNAMIC, MIB, MIB + 1)
        }) {
            assertThrows(ConfigurationException.class, () -> make(wrong, MIB));
        }
        assertThrows(ConfigurationException.class, () -> make(JudgedTest.creation(Subformat.DYNAMIC), 65L << 40));
    }

    @Test
    void identifiersStandInTheImageAsTheyAreWrittenThere() {
        assertEquals(
                new Guid(0x4200_f623_2dc2_7766L, 0x084a_fd9b_5e11_649dL),
                Guid.of("2DC27766-F623-4200-9D64-115E9BFD4A08"));
    }
}
