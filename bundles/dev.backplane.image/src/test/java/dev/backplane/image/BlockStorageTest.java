package dev.backplane.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.api.storage.Extent;
import dev.backplane.api.storage.StorageException;
import dev.backplane.api.storage.StorageException.Kind;
import dev.backplane.testkit.MemoryStorage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class BlockStorageTest {
    private static final int BLOCK = 4096;
    private static final int BLOCKS = 64;

    private final MemoryStorage file = new MemoryStorage();
    private ImageBytes image = new ImageBytes(file);
    private Toy table = new Toy();
    private BlockStorage disk = new BlockStorage(image, table, BLOCK, BLOCKS * BLOCK);

    /** A table in memory that notes what happens. */
    private final class Toy implements BlockTable {
        private final TreeMap<Long, Long> places = new TreeMap<>();
        private final List<String> events = new ArrayList<>();
        private long end = BLOCK;
        private int changes;
        private boolean clears;

        @Override
        public long place(long block) {
            return places.getOrDefault(block, HOLE);
        }

        @Override
        public void begin() {
            events.add("begin");
        }

        @Override
        public long append() {
            long place = end;
            end += BLOCK;
            return place;
        }

        @Override
        public void lead(long block, long place) {
            places.put(block, place);
            changes++;
        }

        @Override
        public boolean clear(long block) {
            if (clears) {
                places.put(block, ZEROS);
                changes++;
            }
            return clears;
        }

        @Override
        public int changes() {
            return changes;
        }

        @Override
        public void write() {
            events.add("write behind flush " + file.flushes());
            changes = 0;
        }
    }

    @BeforeEach
    void empty() {
        file.resize(BLOCK);
        image = new ImageBytes(file);
        table = new Toy();
        disk = new BlockStorage(image, table, BLOCK, BLOCKS * BLOCK);
    }

    private void write(long offset, int... bytes) throws StorageException {
        byte[] all = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            all[i] = (byte) bytes[i];
        }
        disk.write(offset, MemorySegment.ofArray(all));
    }

    private byte[] read(long offset, int length) throws StorageException {
        byte[] bytes = new byte[length];
        disk.read(offset, MemorySegment.ofArray(bytes));
        return bytes;
    }

    /** A disk over one that is a little more than two blocks long. */
    private MemoryStorage overlay() {
        MemoryStorage below = new MemoryStorage();
        below.resize(2 * BLOCK + 100);
        below.bytes().fill((byte) 7);
        disk = new BlockStorage(image, table, BLOCK, BLOCKS * BLOCK, Backing.of(below));
        return below;
    }

    @Test
    void aBackingDiskShowsThroughHolesUpToItsEnd() throws Exception {
        overlay();
        assertArrayEquals(new byte[] {7, 7, 0, 0}, read(2 * BLOCK + 98, 4));
        assertEquals(new Extent(5, BLOCK, Extent.Kind.ABSENT), disk.extent(5, BLOCK));
        write(BLOCK + 10, 5);
        assertArrayEquals(new byte[] {7, 5, 7}, read(BLOCK + 9, 3));
        assertArrayEquals(new byte[] {7, 7}, read(2 * BLOCK - 1, 2));
        write(2 * BLOCK + 50, 5);
        assertArrayEquals(new byte[] {7, 5, 7}, read(2 * BLOCK + 49, 3));
        assertArrayEquals(new byte[] {7, 0}, read(2 * BLOCK + 99, 2));
        write(3 * BLOCK + 1, 5);
        assertArrayEquals(new byte[] {0, 5, 0}, read(3 * BLOCK, 3));
    }

    @Test
    void aPartSeesTheBackingDiskFromWhereItBegins() throws Exception {
        MemoryStorage below = overlay();
        below.bytes().set(ValueLayout.JAVA_BYTE, BLOCK + 103, (byte) 8);
        disk = new BlockStorage(image, table, BLOCK, BLOCK, Backing.of(below).from(BLOCK + 101));
        assertArrayEquals(new byte[] {7, 7, 8, 7}, read(0, 4));
        assertArrayEquals(new byte[] {0}, read(BLOCK - 1, 1));
        disk = new BlockStorage(image, table, BLOCK, 200, Backing.of(below));
        write(10, 5);
        assertEquals(0, file.bytes().get(ValueLayout.JAVA_BYTE, BLOCK + 200), "nothing from behind the end");
    }

    @Test
    void zerosHideABackingDiskByAMarkWhereTheTableHasOneElseByABlock() throws Exception {
        for (boolean clears : new boolean[] {true, false}) {
            empty();
            table.clears = clears;
            overlay();
            disk.zero(10, 2, true);
            assertArrayEquals(new byte[] {7, 0, 0, 7}, read(9, 4));
            disk.zero(BLOCK, BLOCK, true);
            assertArrayEquals(new byte[BLOCK], read(BLOCK, BLOCK));
            assertEquals(clears ? BlockTable.ZEROS : 2 * BLOCK, table.place(1));
            disk.zero(3 * BLOCK, BLOCK, true);
            assertEquals(BlockTable.HOLE, table.place(3), "nothing shows through there");
            if (clears) {
                assertEquals(new Extent(BLOCK, BLOCK, Extent.Kind.ZERO), disk.extent(BLOCK, 2 * BLOCK));
            }
            write(BLOCK + 1, 5);
            assertArrayEquals(new byte[] {0, 5, 0}, read(BLOCK, 3));
        }
    }

    @Test
    void aNewBlockHasZerosAroundWhatIsWritten() throws Exception {
        write(3 * BLOCK + 10, 5);
        assertArrayEquals(new byte[] {0, 5, 0}, read(3 * BLOCK + 9, 3));
        assertEquals(2 * BLOCK, file.capacityBytes());
        // Rubbish where the next one goes.
        file.resize(4 * BLOCK);
        file.bytes().asSlice(2 * BLOCK).fill((byte) 9);
        image = new ImageBytes(file);
        disk = new BlockStorage(image, table, BLOCK, BLOCKS * BLOCK);
        write(10, 6);
        byte[] expected = new byte[BLOCK];
        expected[10] = 6;
        assertArrayEquals(expected, read(0, BLOCK));
    }

    @Test
    void theTableIsWrittenBehindAFlushAndOnlyWhereItHasChanged() throws Exception {
        disk.flush();
        assertEquals(List.of(), table.events);
        int before = file.flushes();
        write(0, 1);
        write(1, 2);
        disk.flush();
        write(2, 3);
        disk.flush();
        assertEquals(List.of("begin", "write behind flush " + (before + 1)), table.events);
    }

    @Test
    void aTableWithManyChangesIsWrittenWithoutBeingAsked() throws Exception {
        disk = new BlockStorage(image, table, BLOCK, 1000L * BLOCK);
        for (int i = 0; i < 300; i++) {
            write((long) i * BLOCK, 1);
        }
        assertEquals(2, table.events.size());
    }

    @Test
    void aPlaceWhoseFirstUserFailedIsTheNextOnes() throws Exception {
        write(0, 1);
        file.fail(Kind.NO_SPACE);
        assertEquals(
                Kind.NO_SPACE,
                assertThrows(StorageException.class, () -> write(BLOCK, 2)).kind());
        file.fail(null);
        assertArrayEquals(new byte[1], read(BLOCK, 1));
        // What it left there is not seen by the next one.
        file.resize(3 * BLOCK);
        file.bytes().asSlice(2 * BLOCK).fill((byte) 9);
        write(5 * BLOCK + 1, 3);
        assertEquals(2 * BLOCK, table.place(5));
        assertArrayEquals(new byte[] {0, 3, 0}, read(5 * BLOCK, 3));
    }

    @Test
    void twoWritersOfANewBlockGetOnePlace() throws Exception {
        for (int round = 0; round < BLOCKS; round++) {
            int block = round;
            FutureTask<?>[] tasks = new FutureTask<?>[4];
            for (int i = 0; i < tasks.length; i++) {
                int at = i;
                tasks[i] = new FutureTask<>(() -> {
                    write((long) block * BLOCK + at, at + 1);
                    return null;
                });
                Thread.ofPlatform().daemon().start(tasks[i]);
            }
            for (FutureTask<?> task : tasks) {
                task.get();
            }
            assertArrayEquals(new byte[] {1, 2, 3, 4, 0}, read((long) block * BLOCK, 5));
        }
        assertEquals((BLOCKS + 1L) * BLOCK, table.end);
    }

    @Test
    void blocksOneBehindTheOtherAreOneExtent() throws Exception {
        write(BLOCK, 1);
        write(2 * BLOCK, 1);
        write(4 * BLOCK, 1);
        write(3 * BLOCK, 1);
        assertEquals(new Extent(5, BLOCK - 5, Extent.Kind.ABSENT), disk.extent(5, 10 * BLOCK));
        Extent two = disk.extent(BLOCK, 10 * BLOCK);
        assertEquals(2 * BLOCK, two.bytes());
        assertEquals(BLOCK, two.place().orElseThrow());
        assertEquals(BLOCK, disk.extent(3 * BLOCK, 10 * BLOCK).bytes());
        assertEquals(new Extent(5 * BLOCK, 59 * BLOCK, Extent.Kind.ABSENT), disk.extent(5 * BLOCK, 59 * BLOCK));
    }

    @Test
    void aPlaceThatTheImageDoesNotHaveIsAnError() {
        for (long place : new long[] {-BLOCK, 1L << 40}) {
            table.places.put(0L, place);
            assertEquals(
                    Kind.CORRUPT,
                    assertThrows(StorageException.class, () -> read(0, 1)).kind());
            assertEquals(
                    Kind.CORRUPT,
                    assertThrows(StorageException.class, () -> write(0, 1)).kind());
            assertEquals(
                    Kind.CORRUPT,
                    assertThrows(StorageException.class, () -> disk.extent(0, 1))
                            .kind());
        }
        assertEquals(BLOCK, file.capacityBytes());
    }

    @Test
    void whatCanOnlyBeReadIsNeverBegun() {
        file.writable(false);
        assertEquals(
                Kind.READ_ONLY,
                assertThrows(StorageException.class, () -> write(0, 1)).kind());
        assertThrows(StorageException.class, () -> disk.discard(0, 1));
        assertThrows(StorageException.class, () -> disk.zero(0, 1, true));
        assertTrue(table.events.isEmpty());
    }

    @Test
    void zerosAndDiscardsOfHolesTakeNoSpace() throws Exception {
        write(0, 1, 2, 3);
        disk.zero(1, BLOCKS * BLOCK - 1, true);
        disk.discard(BLOCK, BLOCK);
        assertArrayEquals(new byte[] {1, 0, 0}, read(0, 3));
        assertEquals(2 * BLOCK, file.capacityBytes());
    }

    @Test
    void theImageEndsInZeros() throws Exception {
        byte[] read = new byte[8];
        Arrays.fill(read, (byte) 7);
        file.bytes().set(ValueLayout.JAVA_BYTE, BLOCK - 1, (byte) 5);
        image.read(BLOCK - 2, MemorySegment.ofArray(read));
        assertArrayEquals(new byte[] {0, 5, 0, 0, 0, 0, 0, 0}, read);
        image.zero(BLOCK - 1, 100, false);
        image.discard(10L * BLOCK, 100);
        assertEquals(BLOCK, image.bytes());
        assertEquals(Extent.Kind.ZERO, image.extent(10L * BLOCK, 0, 5).kind());
        image.trim(10);
        assertEquals(10, file.capacityBytes());
    }
}
