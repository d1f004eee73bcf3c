package dev.backplane.storage.vhdx.internal;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageRef;
import dev.backplane.image.ImageBytes;
import dev.backplane.storage.vhdx.internal.VhdxCreation.Subformat;
import dev.backplane.testkit.MemoryStorage;
import dev.backplane.testkit.StorageBench;
import dev.backplane.testkit.TestMachine;
import dev.backplane.testkit.image.HostileImage;
import dev.backplane.testkit.image.TestImageTarget;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.TreeMap;

/**
 * Changes to a small image: each is an offset (4 bytes, little-endian), a length (1 byte) and so many bytes. Checksums are put right afterwards. Runs
 * over its corpus in a normal build; {@code JAZZER_FUZZ=1} and {@code -Djazzer.hooks=true} in the test JVM look for more.
 */
class VhdxFuzzTest {
    private static final StorageRef IMAGE = new StorageRef("image");
    private static final VhdxOptions OPTIONS = new VhdxOptions(IMAGE);
    private static final int MIB = 1 << 20;
    private static final int TABLE = 3 * MIB;
    private static final byte[] BASE = base();

    /** A disk with a block, and a log that counts and has the table's first page. */
    private static byte[] base() {
        TestMachine machine = new TestMachine();
        MemoryStorage image = machine.storage(IMAGE);
        try {
            new VhdxFormat()
                    .create(JudgedTest.creation(Subformat.DYNAMIC), new TestImageTarget(machine, IMAGE, "d", 4 * MIB));
            try (var bench = StorageBench.plug(new VhdxFormat(), OPTIONS, machine)) {
                bench.layer().write(MIB, MemorySegment.ofArray(new byte[] {7}));
                bench.layer().flush();
            }
            ImageBytes bytes = new ImageBytes(image);
            TreeMap<Long, ByteBuffer> pages = new TreeMap<>();
            pages.put((long) TABLE, bytes.read(TABLE, LogEntry.SECTOR, ByteOrder.LITTLE_ENDIAN));
            Guid guid = new Guid(1, 2);
            bytes.write(MIB, LogEntry.make(pages, guid, 1, 0, bytes.bytes()));
            // Both headers are the same but for their number, so that changes hit the one that counts.
            Header header = Header.read(bytes).withLog(guid);
            header.write(bytes);
            header.withLog(guid).write(bytes);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        return image.bytes().toArray(ValueLayout.JAVA_BYTE);
    }

    @FuzzTest(maxDuration = "60s")
    void anImageIsUsedOrRefused(byte[] changes) throws StorageException {
        byte[] image = BASE.clone();
        ByteBuffer from = ByteBuffer.wrap(changes).order(ByteOrder.LITTLE_ENDIAN);
        while (from.remaining() >= 5) {
            int at = (int) ((from.getInt() & 0xffff_ffffL) % (image.length - 256));
            int length = Math.min(from.get() & 0xff, from.remaining());
            from.get(image, at, length);
        }
        seal(image, Header.FIRST_AT, 4096);
        seal(image, 2 * Header.FIRST_AT, 4096);
        seal(image, Regions.FIRST_AT, Regions.BYTES);
        seal(image, Regions.FIRST_AT + Regions.BYTES, Regions.BYTES);
        seal(image, MIB, 2 * LogEntry.SECTOR);
        HostileImage.use(new VhdxFormat(), OPTIONS, IMAGE, image, new Random(changes.length));
    }

    private static void seal(byte[] image, int at, int length) {
        ByteBuffer bytes =
                ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN).put(0, image, at, length);
        System.arraycopy(Sealed.seal(bytes).array(), 0, image, at, length);
    }
}
