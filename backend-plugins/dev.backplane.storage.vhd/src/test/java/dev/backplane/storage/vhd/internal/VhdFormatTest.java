package dev.backplane.storage.vhd.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
import dev.backplane.storage.vhd.internal.VhdCreation.Subformat;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.TestImageTarget;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class VhdFormatTest {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final VhdOptions OPTIONS = new VhdOptions(IMAGE);
    private static final int MIB = 1 << 20;
    private static final int TABLE = Footer.BYTES + DynamicHeader.BYTES;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final TestMachine machine = new TestMachine();
    private final MemoryStorage image = machine.storage(IMAGE);

    private void make(Subformat subformat) throws Exception {
        new VhdFormat().create(new VhdCreation(subformat), new TestImageTarget(machine, IMAGE, "disk.vhd", 7 * MIB));
    }

    private StorageBench<VhdOptions, VhdState> open() {
        return StorageBench.plug(new VhdFormat(), OPTIONS, machine);
    }

    private void write(long offset, int value) throws StorageException {
        try (var bench = open()) {
            bench.layer().write(offset, MemorySegment.ofArray(new byte[] {(byte) value}));
            bench.layer().flush();
        }
    }

    private byte[] read(long offset, int length) throws StorageException {
        byte[] bytes = new byte[length];
        try (var bench = open()) {
            bench.layer().read(offset, MemorySegment.ofArray(bytes));
        }
        return bytes;
    }

    private ByteBuffer at(long offset, int length) {
        return image.bytes().asSlice(offset, length).asByteBuffer();
    }

    /** Changes a number in a structure with a checksum. */
    private void set(long structure, int length, int at, int value, int checksumAt) {
        ByteBuffer bytes = ByteBuffer.allocate(length).put(0, at(structure, length), 0, length);
        bytes.putInt(at, value);
        bytes.putInt(checksumAt, Footer.checksum(bytes, checksumAt));
        at(structure, length).put(0, bytes, 0, length);
    }

    private CheckReport check(CheckMode mode) throws StorageException {
        return new VhdFormat().check(OPTIONS, StorageBench.context(machine), mode);
    }

    private void assertRefused(Kind kind, String says) {
        var refused = assertThrows(StorageException.class, () -> StorageBench.make(new VhdFormat(), OPTIONS, machine));
        assertEquals(kind, refused.kind());
        assertTrue(refused.getMessage().contains(says), refused::getMessage);
    }

    @ParameterizedTest
    @CsvSource({
        "60, 4, UNSUPPORTED, differencing",
        "16, 1, CORRUPT, the dynamic header at",
        "52, 0x7ffffe00, CORRUPT, a table of 4 blocks",
        "48, 0x7fffffff, CORRUPT, expected at most"
    })
    void footersOfWhatWeDoNotKnowAreRefusedWithAReason(int at, String value, Kind kind, String says) throws Exception {
        make(Subformat.DYNAMIC);
        set(0, Footer.BYTES, at, Long.decode(value).intValue(), 64);
        assertRefused(kind, says);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 1, CORRUPT, no dynamic header",
        "24, 2, UNSUPPORTED, dynamic header 0x00000002",
        "28, 0x7fffffff, CORRUPT, a table of 2147483647 blocks",
        "28, 3, CORRUPT, a table of 3 blocks of 2097152 bytes",
        "32, 3000, UNSUPPORTED, blocks of 3000 bytes",
        "16, 1, CORRUPT, a table of 4 blocks at"
    })
    void headersOfWhatWeDoNotKnowAreRefusedWithAReason(int at, String value, Kind kind, String says) throws Exception {
        make(Subformat.DYNAMIC);
        set(Footer.BYTES, DynamicHeader.BYTES, at, Long.decode(value).intValue(), 36);
        assertRefused(kind, says);
    }

    @Test
    void whatHasNoFooterIsNoImage() {
        assertRefused(Kind.INVALID_FORMAT, "not a VHD image");
    }

    @Test
    void aFixedImageThatIsTooShortIsRefused() throws Exception {
        make(Subformat.FIXED);
        byte[] footer = image.bytes().asSlice(7 * MIB, 512).toArray(ValueLayout.JAVA_BYTE);
        image.resize(MIB);
        image.write(MIB - 512, MemorySegment.ofArray(footer));
        assertRefused(Kind.CORRUPT, "a disk of 7340032 bytes: expected at most 1048064");
    }

    @Test
    void theFooterAtTheEndIsNotNeededNorTheOneAtTheBeginning() throws Exception {
        make(Subformat.DYNAMIC);
        write(3 * MIB, 5);
        byte[] whole = image.bytes().toArray(ValueLayout.JAVA_BYTE);
        image.zero(image.capacityBytes() - 512, 512, false);
        assertEquals(5, read(3 * MIB, 1)[0]);
        image.write(0, MemorySegment.ofArray(whole));
        image.zero(0, 512, false);
        assertEquals(5, read(3 * MIB, 1)[0]);
    }

    @Test
    void sectorsThatAreLeftOutReadAsZerosAndCountOnceTheyAreWritten() throws Exception {
        make(Subformat.DYNAMIC);
        write(0, 5);
        long bitmap = (long) image.bytes().get(INT, TABLE) * 512;
        image.bytes().asSlice(bitmap + 512, 4096).fill((byte) 9);
        // Sector 0 and 2 count.
        image.bytes().asSlice(bitmap, 512).fill((byte) 0);
        image.bytes().set(ValueLayout.JAVA_BYTE, bitmap, (byte) 0xa0);
        assertArrayEquals(new byte[] {9, 0}, read(511, 2));
        assertArrayEquals(new byte[] {0, 9}, read(1023, 2));
        write(600, 3);
        assertArrayEquals(new byte[] {9, 0}, read(511, 2));
        assertArrayEquals(new byte[] {0, 3, 0}, read(599, 3));
        assertArrayEquals(new byte[] {9, 0}, read(1535, 2));
        assertEquals(-1, at(bitmap, 512).get(511));
    }

    @Test
    void blocksWithinTheTablesAreAnError() throws Exception {
        make(Subformat.DYNAMIC);
        image.bytes().set(INT, TABLE, 1);
        try (var bench = open()) {
            MemorySegment some = MemorySegment.ofArray(new byte[1]);
            assertEquals(
                    Kind.CORRUPT,
                    assertThrows(StorageException.class, () -> bench.layer().write(0, some))
                            .kind());
        }
        assertEquals(1, check(CheckMode.REPORT).corruptions());
        assertEquals(1, check(CheckMode.REPAIR_ALL).corruptionsFixed());
        write(0, 4);
        assertEquals(0, check(CheckMode.REPORT).corruptions());
    }

    @Test
    void blocksThatOverlapAreFoundAndWhatIsBehindTheLastIsALeak() throws Exception {
        make(Subformat.DYNAMIC);
        write(0, 4);
        image.bytes().set(INT, TABLE + 4, image.bytes().get(INT, TABLE) + 1);
        assertEquals(1, check(CheckMode.REPAIR_ALL).corruptions());
        image.bytes().set(INT, TABLE + 4, -1);
        image.resize(image.capacityBytes() + 5 * MIB);
        assertEquals(2, check(CheckMode.REPORT).leaks());
        assertEquals(2, check(CheckMode.REPAIR_LEAKS).leaksFixed());
        CheckReport clean = check(CheckMode.REPORT);
        assertEquals(0, clean.leaks() + clean.corruptions(), clean::toString);
        assertEquals(1, clean.allocatedUnits());
        assertEquals(4, clean.totalUnits());
    }

    @ParameterizedTest
    @EnumSource(Subformat.class)
    void aDiskIsMadeLonger(Subformat subformat) throws Exception {
        make(subformat);
        write(7 * MIB - 1, 1);
        try (var bench = open()) {
            ResizableStorage disk = (ResizableStorage) bench.layer();
            assertThrows(StorageException.class, () -> disk.resize(MIB));
            // The table's last block reaches so far.
            disk.resize(8 * MIB);
            if (subformat == Subformat.DYNAMIC) {
                assertThrows(StorageException.class, () -> disk.resize(9 * MIB));
            }
        }
        assertArrayEquals(new byte[] {1, 0, 0}, read(7 * MIB - 1, 3));
        assertArrayEquals(new byte[512], read(8 * MIB - 512, 512));
        write(8 * MIB - 1, 2);
        assertEquals(0, check(CheckMode.REPORT).leaks());
    }

    @Test
    void itIsRecognisedByEitherFooter() throws Exception {
        VhdFormat format = new VhdFormat();
        make(Subformat.FIXED);
        assertTrue(format.recognizes(image, ""));
        make(Subformat.DYNAMIC);
        assertTrue(format.recognizes(image, ""));
        image.resize(0);
        assertEquals(false, format.recognizes(image, ""));
        image.resize(4096);
        assertEquals(false, format.recognizes(image, ""));
    }

    @ParameterizedTest
    @CsvSource({
        "14336, 210, 4, 17",
        "2097152, 2080, 16, 63",
        "1048576, 1040, 16, 63",
        "66059279, 65534, 16, 63",
        "66060288, 16191, 16, 255",
        "99999999999, 65535, 16, 255"
    })
    void geometriesAreThoseOfTheSpecification(long sectors, int cylinders, int heads, int track) {
        assertEquals(new Geometry(cylinders, heads, track), Geometry.of(sectors));
    }
}
