package dev.backplane.storage.vhdx.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.api.storage.image.CheckMode;
import dev.backplane.api.storage.image.DescribedStorage;
import dev.backplane.image.ImageBytes;
import dev.backplane.storage.vhdx.internal.VhdxCreation.Subformat;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.Qemu;
import dev.backplane.testkit.image.TestImageTarget;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs that were left behind ([MS-VHDX] 2.3). */
class LogTest {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final VhdxOptions OPTIONS = new VhdxOptions(IMAGE);
    private static final int MIB = 1 << 20;
    private static final int LOG = MIB;
    private static final int TABLE = 3 * MIB;
    private static final int PAGE = 4096;
    private static final Guid GUID = new Guid(1, 2);

    @TempDir
    Path folder = Path.of("");

    private final TestMachine machine = new TestMachine();
    private final MemoryStorage image = machine.storage(IMAGE);
    private byte[] table = {};

    /** A disk with a 7 in block 1, whose place has been lost from the table. */
    @BeforeEach
    void make() throws Exception {
        new VhdxFormat()
                .create(JudgedTest.creation(Subformat.DYNAMIC), new TestImageTarget(machine, IMAGE, "d", 4 * MIB));
        try (var bench = StorageBench.plug(new VhdxFormat(), OPTIONS, machine)) {
            bench.layer().write(MIB, MemorySegment.ofArray(new byte[] {7}));
            bench.layer().flush();
        }
        table = image.bytes().asSlice(TABLE, PAGE).toArray(ValueLayout.JAVA_BYTE);
        image.zero(TABLE, PAGE, false);
    }

    private static SortedMap<Long, ByteBuffer> page(long place, byte[] bytes) {
        SortedMap<Long, ByteBuffer> pages = new TreeMap<>();
        pages.put(place, ByteBuffer.wrap(bytes));
        return pages;
    }

    private ByteBuffer entry(long place, byte[] bytes, long sequence, int at) {
        return LogEntry.make(page(place, bytes), GUID, sequence, at, image.capacityBytes());
    }

    /** Puts bytes into the ring. */
    private void log(int at, ByteBuffer bytes) throws StorageException {
        for (int i = 0; i < bytes.capacity(); i += PAGE) {
            image.write(
                    LOG + (at + i) % MIB, MemorySegment.ofArray(bytes.array()).asSlice(i, PAGE));
        }
    }

    private void activate() throws StorageException {
        ImageBytes bytes = new ImageBytes(image);
        Header.read(bytes).withLog(GUID).write(bytes);
    }

    private int read() throws StorageException {
        byte[] read = new byte[1];
        try (var bench = StorageBench.plug(new VhdxFormat(), OPTIONS, machine)) {
            bench.layer().read(MIB, MemorySegment.ofArray(read));
        }
        return read[0];
    }

    private void assertRefused(String says) {
        var refused = assertThrows(StorageException.class, () -> StorageBench.make(new VhdxFormat(), OPTIONS, machine));
        assertEquals(Kind.CORRUPT, refused.kind());
        assertTrue(refused.getMessage().contains(says), refused::getMessage);
    }

    @Test
    void aLogThatDoesNotCountIsNotLookedAt() throws Exception {
        log(0, entry(TABLE, table, 5, 0));
        assertEquals(0, read());
    }

    @Test
    void aLogIsShownWithoutBeingWrittenAndAppliedBeforeTheFirstWrite() throws Exception {
        log(0, entry(TABLE, table, 5, 0));
        activate();
        image.writable(false);
        byte[] before = image.bytes().toArray(ValueLayout.JAVA_BYTE);
        try (var bench = StorageBench.plug(new VhdxFormat(), OPTIONS, machine)) {
            assertTrue(((DescribedStorage) bench.layer()).describe().unclean());
        }
        assertEquals(7, read());
        assertArrayEquals(before, image.bytes().toArray(ValueLayout.JAVA_BYTE));
        image.writable(true);
        assertEquals(7, read());
        assertArrayEquals(before, image.bytes().toArray(ValueLayout.JAVA_BYTE));
        try (var bench = StorageBench.plug(new VhdxFormat(), OPTIONS, machine)) {
            bench.layer().write(3 * MIB, MemorySegment.ofArray(new byte[] {9}));
            bench.layer().flush();
            assertEquals(false, ((DescribedStorage) bench.layer()).describe().unclean());
        }
        assertEquals(7, read());
        Qemu.require();
        Path written = Files.write(folder.resolve("d.vhdx"), image.bytes().toArray(ValueLayout.JAVA_BYTE));
        Qemu.checkClean("vhdx", written);
        Qemu.must("qemu-io", "-r", "-f", "vhdx", "-c", "read -P 7 1M 1", "-c", "read -P 9 3M 1", written);
    }

    @Test
    void aRepairAppliesTheLog() throws Exception {
        log(0, entry(TABLE, table, 5, 0));
        activate();
        new VhdxFormat().check(OPTIONS, StorageBench.context(machine), CheckMode.REPAIR_LEAKS);
        assertArrayEquals(table, image.bytes().asSlice(TABLE, PAGE).toArray(ValueLayout.JAVA_BYTE));
        assertEquals(Guid.NONE, Header.read(new ImageBytes(image)).log());
    }

    @Test
    void ofTwoSequencesTheOneWithTheHigherNumberCounts() throws Exception {
        log(0, entry(TABLE, table, 6, 0));
        log(512 << 10, entry(TABLE, new byte[PAGE], 4, 512 << 10));
        activate();
        assertEquals(7, read());
        log(512 << 10, entry(TABLE, new byte[PAGE], 9, 512 << 10));
        assertEquals(0, read());
    }

    @Test
    void aSequenceBeginsAtTheTailOfItsLastEntryAndWrapsAroundTheRing() throws Exception {
        int last = MIB - PAGE;
        // An older one that does not count any more, then two that wrap.
        log(last - 2 * PAGE, entry(TABLE + PAGE, table, 7, last - 2 * PAGE));
        log(last, entry(TABLE, new byte[PAGE], 8, last));
        log(PAGE, entry(TABLE, table, 9, last));
        activate();
        assertEquals(7, read());
        ReplayedFile file = new ReplayedFile(image);
        ImageBytes bytes = new ImageBytes(file);
        var pages = Log.read(bytes, Header.read(bytes));
        assertEquals(1, pages.size());
    }

    @Test
    void anEntryThatIsTornEndsTheSequence() throws Exception {
        log(0, entry(TABLE, table, 5, 0));
        ByteBuffer torn = entry(TABLE, new byte[PAGE], 6, 0);
        torn.put(PAGE + 100, (byte) 1);
        log(2 * PAGE, torn);
        activate();
        assertEquals(7, read());
    }

    @Test
    void zeroDescriptorsMakeZeros() throws Exception {
        image.write(TABLE, MemorySegment.ofArray(table));
        ByteBuffer entry = entry(TABLE, table, 5, 0);
        entry.putInt(LogEntry.HEADER_BYTES, LogEntry.ZERO_DESCRIPTOR);
        entry.putLong(LogEntry.HEADER_BYTES + LogEntry.LEADING_AT, PAGE);
        log(0, Sealed.seal(entry));
        activate();
        assertEquals(0, read());
    }

    @Test
    void whatALogMayNotSayIsRefused() throws Exception {
        record Wrong(int at, long value, String says) {}
        int descriptor = LogEntry.HEADER_BYTES;
        for (Wrong wrong : new Wrong[] {
            new Wrong(descriptor + LogEntry.PLACE_AT, TABLE + 1, "a page for 0x300001"),
            new Wrong(descriptor + LogEntry.PLACE_AT, -PAGE, "a page for 0xfffffffffffff000"),
            new Wrong(descriptor + LogEntry.PLACE_AT, image.capacityBytes(), "a page for"),
            new Wrong(descriptor + LogEntry.DESCRIPTOR_SEQUENCE_AT, 6, "belongs to another"),
            new Wrong(LogEntry.FLUSHED_AT, image.capacityBytes() + 1, "the log knows of"),
            new Wrong(descriptor, 0x1234, "descriptor 0 of entry 5"),
            new Wrong(PAGE, 0x1234, "torn")
        }) {
            ByteBuffer entry = entry(TABLE, table, 5, 0);
            entry.putLong(wrong.at, wrong.value);
            log(0, Sealed.seal(entry));
            if (Header.read(new ImageBytes(image)).log().equals(Guid.NONE)) {
                activate();
            }
            assertRefused(wrong.says);
        }
    }

    @Test
    void zerosWithoutEndAndEntriesThatOverlapAreRefused() throws Exception {
        ByteBuffer entry = entry(TABLE, table, 5, 0);
        entry.putInt(LogEntry.HEADER_BYTES, LogEntry.ZERO_DESCRIPTOR);
        entry.putLong(LogEntry.HEADER_BYTES + LogEntry.LEADING_AT, 1L << 50);
        log(0, Sealed.seal(entry));
        activate();
        assertRefused("zeros");
        ByteBuffer claims = ByteBuffer.allocate(PAGE).order(ByteOrder.LITTLE_ENDIAN);
        claims.putInt(0, LogEntry.SIGNATURE).putInt(LogEntry.BYTES_AT, MIB).putLong(LogEntry.SEQUENCE_AT, 1);
        GUID.put(claims, LogEntry.LOG_AT);
        for (int at = 0; at < MIB; at += PAGE) {
            log(at, claims);
        }
        assertRefused("overlap");
    }

    @Test
    void qemusLogIsAppliedAsQemuDoes() throws Exception {
        Qemu.require();
        Path dirty = folder.resolve("dirty.vhdx");
        Qemu.must("qemu-img", "create", "-q", "-f", "vhdx", "-o", "block_size=1M", dirty, "4M");
        // It ends without closing the image.
        Qemu.run("qemu-io", "-f", "vhdx", "-c", "write -P 5 1M 64k", "-c", "write -P 6 3M 64k", "-c", "abort", dirty);
        byte[] bytes = Files.readAllBytes(dirty);
        image.resize(bytes.length);
        image.write(0, MemorySegment.ofArray(bytes));
        // It has cleared the log already; as the power would have been cut before, its last entry counts.
        ImageBytes whole = new ImageBytes(image);
        ByteBuffer entry = whole.read(LOG + 2 * PAGE, PAGE, ByteOrder.LITTLE_ENDIAN);
        assertEquals(LogEntry.SIGNATURE, entry.getInt(0));
        Header.read(whole).withLog(Guid.get(entry, LogEntry.LOG_AT)).write(whole);
        ReplayedFile file = new ReplayedFile(image);
        Layout layout = Layout.read(new ImageBytes(file), file);
        assertTrue(file.isReplayed());
        long place = layout.regions().table().offset();
        image.zero(place, PAGE, false);
        Files.write(dirty, image.bytes().toArray(ValueLayout.JAVA_BYTE));
        Qemu.must("qemu-img", "check", "-r", "all", "-f", "vhdx", dirty);
        byte[] repaired = Files.readAllBytes(dirty);
        byte[] ours = new byte[PAGE];
        new ImageBytes(file).read(place, MemorySegment.ofArray(ours));
        assertArrayEquals(MemorySegment.ofArray(repaired).asSlice(place, PAGE).toArray(ValueLayout.JAVA_BYTE), ours);
        // The last write is in the log for certain.
        byte[] read = new byte[1];
        try (var bench = StorageBench.plug(new VhdxFormat(), OPTIONS, machine)) {
            bench.layer().read(3 * MIB, MemorySegment.ofArray(read));
        }
        assertEquals(6, read[0]);
    }
}
