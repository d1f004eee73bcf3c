package dev.backplane.storage.vdi.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.ResizableStorage;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.CheckReport;
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

class VdiFormatTest {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final VdiOptions OPTIONS = new VdiOptions(IMAGE);
    private static final int MIB = 1 << 20;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @TempDir
    Path folder = Path.of("");

    private final TestMachine machine = new TestMachine();
    private final MemoryStorage image = machine.storage(IMAGE);

    /** A disk of 4 blocks, of which 1 and 3 are in the image, as number 0 and 1. */
    @BeforeEach
    void make() throws Exception {
        new VdiFormat().create(new VdiCreation(false), new TestImageTarget(machine, IMAGE, "disk.vdi", 4 * MIB));
        try (var bench = open()) {
            bench.layer().write(MIB, MemorySegment.ofArray(new byte[] {1}));
            bench.layer().write(3 * MIB, MemorySegment.ofArray(new byte[] {3}));
            bench.layer().flush();
        }
    }

    private StorageBench<VdiOptions, VdiState> open() {
        return StorageBench.plug(new VdiFormat(), OPTIONS, machine);
    }

    private int at(long offset) {
        return image.bytes().get(INT, offset);
    }

    private void set(long offset, int value) {
        image.bytes().set(INT, offset, value);
    }

    private CheckReport check(CheckMode mode) throws StorageException {
        return new VdiFormat().check(OPTIONS, StorageBench.context(machine), mode);
    }

    private void judge() throws Exception {
        Qemu.require();
        Path written = Files.write(folder.resolve("disk.vdi"), image.bytes().toArray(ValueLayout.JAVA_BYTE));
        Qemu.checkClean("vdi", written);
        Qemu.must("qemu-io", "-f", "vdi", "-c", "read -P 1 1M 1", "-c", "read -P 3 3M 1", written);
    }

    @ParameterizedTest
    @CsvSource({
        "0x40, 0, INVALID_FORMAT, not a VDI image",
        "0x44, 0x20000, UNSUPPORTED, version 0x00020000",
        "0x4c, 4, UNSUPPORTED, differencing",
        "0x168, 4096, UNSUPPORTED, sectors of 4096 bytes",
        "0x178, 3000, UNSUPPORTED, blocks of 3000 bytes",
        "0x180, 3, CORRUPT, 3 blocks for a disk of 4194304 bytes",
        "0x174, 0x80000000, CORRUPT, 4 blocks for a disk of -1 bytes",
        "0x154, 0x7ffffe00, CORRUPT, a table of 4 blocks at 0x7ffffe00",
        "0x158, 512, CORRUPT, data at 0x200"
    })
    void whatIsNoImageOrOneThatWeDoNotKnowIsRefusedWithAReason(String at, String value, Kind kind, String says) {
        set(Long.decode(at), Long.decode(value).intValue());
        var refused = assertThrows(StorageException.class, () -> StorageBench.make(new VdiFormat(), OPTIONS, machine));
        assertEquals(kind, refused.kind());
        assertTrue(refused.getMessage().contains(says), refused::getMessage);
    }

    @Test
    void itIsRecognisedByItsSignature() throws Exception {
        assertTrue(new VdiFormat().recognizes(image, "disk"));
        set(VdiHeader.SIGNATURE_AT, 0);
        assertEquals(false, new VdiFormat().recognizes(image, "disk.vdi"));
    }

    @Test
    void blocksThatAreNotThereAreHoles() throws Exception {
        try (var bench = open()) {
            VdiLayer layer = (VdiLayer) bench.layer();
            assertEquals(new Extent(0, MIB, Extent.Kind.ABSENT), layer.extent(0, 4 * MIB));
            Extent data = layer.extent(MIB + 5, 4 * MIB - MIB - 5);
            assertEquals(MIB - 5, data.bytes());
            assertEquals(MIB + 5, data.place().orElseThrow());
            assertEquals(MIB, layer.describe().unitBytes().orElseThrow());
        }
    }

    @Test
    void aBlockBehindTheEndIsAnErrorAndWritesDoNotMakeTheImageGrow() throws Exception {
        set(VdiHeader.BYTES, 2);
        long before = image.capacityBytes();
        try (var bench = open()) {
            MemorySegment some = MemorySegment.ofArray(new byte[512]);
            assertEquals(
                    Kind.CORRUPT,
                    assertThrows(StorageException.class, () -> bench.layer().read(0, some))
                            .kind());
            assertEquals(
                    Kind.CORRUPT,
                    assertThrows(StorageException.class, () -> bench.layer().write(0, some))
                            .kind());
        }
        assertEquals(before, image.capacityBytes());
    }

    @Test
    void aCountThatIsWrongIsPutRightBeforeTheFirstWriteAndNotBefore() throws Exception {
        set(VdiHeader.ALLOCATED_AT, 4);
        try (var bench = open()) {
            assertEquals(4, at(VdiHeader.ALLOCATED_AT));
            bench.layer().write(MIB, MemorySegment.ofArray(new byte[] {1}));
            assertEquals(2, at(VdiHeader.ALLOCATED_AT));
        }
        judge();
    }

    @Test
    void aDiskIsMadeLongerAsFarAsTheTableHasRoom() throws Exception {
        try (var bench = open()) {
            ResizableStorage disk = (ResizableStorage) bench.layer();
            disk.resize(100L * MIB + 512);
            disk.write(100L * MIB, MemorySegment.ofArray(new byte[] {9}));
            disk.flush();
            assertEquals(
                    Kind.UNSUPPORTED,
                    assertThrows(StorageException.class, () -> disk.resize(MIB)).kind());
            assertEquals(
                    Kind.UNSUPPORTED,
                    assertThrows(StorageException.class, () -> disk.resize(1L << 40))
                            .kind());
            assertEquals(100L * MIB + 512, disk.capacityBytes());
        }
        judge();
        try (var bench = open()) {
            assertEquals(100L * MIB + 512, bench.layer().capacityBytes());
        }
    }

    @Test
    void aCheckCountsWhatThereIs() throws Exception {
        CheckReport report = check(CheckMode.REPORT);
        assertEquals(0, report.corruptions() + report.leaks());
        assertEquals(2, report.allocatedUnits());
        assertEquals(4, report.totalUnits());
        assertEquals(3 * MIB, report.imageEndOffset().orElseThrow());
    }

    @Test
    void blocksWithTwoUsersAreCopiedAndCountsThatAreTooLowRaised() throws Exception {
        set(VdiHeader.BYTES, 1);
        set(VdiHeader.ALLOCATED_AT, 1);
        assertEquals(2, check(CheckMode.REPORT).corruptions());
        assertEquals(2, check(CheckMode.REPAIR_LEAKS).corruptions());
        // Block 3 is the one that comes later.
        assertEquals(2, check(CheckMode.REPAIR_ALL).corruptionsFixed());
        assertEquals(0, check(CheckMode.REPORT).corruptions());
        judge();
    }

    @Test
    void blocksOfTheImageWithoutAUserAreTakenByTheLast() throws Exception {
        try (var bench = open()) {
            bench.layer().write(0, MemorySegment.ofArray(new byte[] {7}));
            bench.layer().flush();
        }
        set(VdiHeader.BYTES + 4, -1);
        set(VdiHeader.BYTES, -2);
        set(VdiHeader.BYTES + 8, 2);
        assertEquals(1, check(CheckMode.REPORT).leaks());
        assertEquals(1, check(CheckMode.REPAIR_LEAKS).leaksFixed() - 1);
        CheckReport after = check(CheckMode.REPORT);
        assertEquals(0, after.leaks() + after.corruptions(), after::toString);
        Qemu.require();
        Path written = Files.write(folder.resolve("disk.vdi"), image.bytes().toArray(ValueLayout.JAVA_BYTE));
        Qemu.checkClean("vdi", written);
        Qemu.must("qemu-io", "-f", "vdi", "-c", "read -P 7 2M 1", "-c", "read -P 3 3M 1", written);
    }

    @Test
    void entriesThatLeadNowhereAreTakenOut() throws Exception {
        set(VdiHeader.BYTES, 3);
        set(VdiHeader.BYTES + 8, 0x1234567);
        assertEquals(2, check(CheckMode.REPORT).corruptions());
        assertEquals(2, check(CheckMode.REPAIR_ALL).corruptionsFixed());
        judge();
    }
}
