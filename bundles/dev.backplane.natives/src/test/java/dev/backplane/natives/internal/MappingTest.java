package dev.backplane.natives.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.natives.HostException;
import dev.backplane.natives.file.HostFile;
import dev.backplane.natives.file.OpenMode;
import dev.backplane.natives.memory.Advice;
import dev.backplane.natives.memory.HostMapping;
import dev.backplane.natives.memory.HostMemory;
import dev.backplane.natives.memory.MemoryFile;
import dev.backplane.natives.memory.Protection;
import dev.backplane.natives.memory.Seal;
import dev.backplane.natives.memory.Sharing;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappingTest {
    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private final LinuxHost host = new LinuxHost();
    private final HostMemory memory = host.memory();
    private final long page = memory.pageSizeBytes();

    /** mmap's offset is the sixth argument, which jnr-ffi's own stubs pass wrongly. */
    @Test
    void aFileMappedAtAnOffsetShowsTheBytesAtThatOffset(@TempDir Path folder) throws IOException {
        byte[] bytes = new byte[(int) (5 * page)];
        new Random(42).nextBytes(bytes);
        Path path = Files.write(folder.resolve("bytes"), bytes);
        try (HostFile file = host.files().open(path, OpenMode.READ);
                HostMapping mapping = memory.map(file, 3 * page, 2 * page, Protection.READ, Sharing.SHARED)) {
            byte[] expected = Arrays.copyOfRange(bytes, (int) (3 * page), bytes.length);
            assertArrayEquals(expected, mapping.segment().toArray(BYTE));
        }
    }

    @Test
    void aSharedWriteIsSeenByTheOtherMappingAndAPrivateOneIsNot() throws HostException {
        try (MemoryFile file = memory.createFile("shared", 2 * page);
                HostMapping one = memory.map(file, 0, 2 * page, Protection.READ_WRITE, Sharing.SHARED);
                HostMapping other = memory.map(file, page, page, Protection.READ, Sharing.SHARED);
                HostMapping clone = memory.map(file, 0, 2 * page, Protection.READ_WRITE, Sharing.PRIVATE)) {
            one.segment().set(BYTE, page + 5, (byte) 7);
            assertEquals(7, other.segment().get(BYTE, 5));
            clone.segment().set(BYTE, page + 5, (byte) 9);
            assertEquals(7, one.segment().get(BYTE, page + 5));
        }
    }

    @Test
    void aMappedFileHasAPageWithoutAccessOnEachSideUntilItIsClosed() throws Exception {
        long first;
        long last;
        try (MemoryFile file = memory.createFile("guarded", 2 * page);
                HostMapping mapping = memory.map(file, 0, page + 1, Protection.READ_WRITE, Sharing.SHARED)) {
            first = mapping.segment().address() - page;
            last = mapping.segment().address() + 2 * page;
            assertEquals("---p", access(first));
            assertEquals("rw-s", access(first + page));
            assertEquals("rw-s", access(last - 1));
            assertEquals("---p", access(last));
        }
        assertEquals("", access(first));
        assertEquals("", access(last));
    }

    /** What /proc/self/maps says of an address; empty where nothing is mapped. */
    private static String access(long address) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
            String[] words = line.split("[- ]", 4);
            if (Long.compareUnsigned(address, Long.parseUnsignedLong(words[0], 16)) >= 0
                    && Long.compareUnsigned(address, Long.parseUnsignedLong(words[1], 16)) < 0) {
                return line.split(" ", 3)[1];
            }
        }
        return "";
    }

    @Test
    void aMappingReplacedInPlaceKeepsItsContentsAndNoLongerWritesToTheFile() throws HostException {
        try (MemoryFile file = memory.createFile("frozen", 4 * page);
                HostMapping source = memory.map(file, 0, 4 * page, Protection.READ_WRITE, Sharing.SHARED)) {
            MemorySegment guest = source.segment();
            guest.set(BYTE, page, (byte) 1);
            source.replace(0, file, 0, 4 * page, Protection.READ_WRITE, Sharing.PRIVATE);
            file.seal(EnumSet.of(Seal.WRITE, Seal.SHRINK, Seal.GROW, Seal.SEAL));
            try (HostMapping clone = memory.map(file, 0, 4 * page, Protection.READ_WRITE, Sharing.PRIVATE)) {
                assertEquals(1, guest.get(BYTE, page));
                guest.set(BYTE, page, (byte) 2);
                assertEquals(1, clone.segment().get(BYTE, page));
            }
        }
    }

    @Test
    void aSegmentOfAClosedMappingCannotBeAccessed() throws HostException {
        HostMapping mapping = memory.allocate(page, Protection.READ_WRITE);
        MemorySegment segment = mapping.segment();
        segment.set(BYTE, 0, (byte) 1);
        mapping.close();
        mapping.close();
        assertThrows(IllegalStateException.class, () -> segment.get(BYTE, 0));
        assertThrows(IllegalStateException.class, () -> mapping.protect(0, page, Protection.READ));
    }

    @Test
    void aClosedMappingIsGoneFromTheProcess() throws IOException {
        HostMapping mapping = memory.allocate(64 * page, Protection.READ_WRITE);
        String start = Long.toHexString(mapping.segment().address()) + "-";
        mapping.protect(page, page, Protection.READ);
        assertTrue(maps().contains(start));
        mapping.close();
        assertTrue(maps().lines().noneMatch(line -> line.startsWith(start) && line.contains("r--p")));
    }

    @Test
    void aRangeBeyondTheFileIsRefusedAndNamed() throws HostException {
        try (MemoryFile file = memory.createFile("short", page)) {
            HostException error = assertThrows(
                    HostException.class, () -> memory.map(file, page, page, Protection.READ, Sharing.SHARED));
            assertEquals("EINVAL", error.errno());
            assertTrue(error.getMessage().contains("memfd:short"), error.getMessage());
            assertTrue(error.getMessage().contains(page + " bytes"), error.getMessage());
        }
    }

    @Test
    void aRangeOutsideTheMappingIsRefused() throws HostException {
        try (HostMapping mapping = memory.allocate(2 * page, Protection.READ_WRITE)) {
            assertThrows(IllegalArgumentException.class, () -> mapping.advise(page, 2 * page, Advice.DONT_NEED));
            assertThrows(IllegalArgumentException.class, () -> mapping.advise(-page, page, Advice.DONT_NEED));
            assertThrows(IllegalArgumentException.class, () -> mapping.protect(1, page, Protection.READ));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> mapping.protect(Long.MAX_VALUE & -page, page, Protection.READ));
        }
    }

    @Test
    void aPunchedHoleReadsAsZeroAndKeepsTheSize() throws HostException {
        try (MemoryFile file = memory.createFile("hole", 3 * page);
                HostMapping mapping = memory.map(file, 0, 3 * page, Protection.READ_WRITE, Sharing.SHARED)) {
            mapping.segment().fill((byte) 5);
            file.punchHole(page, page);
            assertEquals(5, mapping.segment().get(BYTE, page - 1));
            assertEquals(0, mapping.segment().get(BYTE, page));
            assertEquals(5, mapping.segment().get(BYTE, 2 * page));
            assertEquals(3 * page, file.sizeBytes());
        }
    }

    @Test
    void sharedMemoryIsFreedByRemoveAndKeptByDontNeed() throws HostException {
        try (MemoryFile file = memory.createFile("balloon", page);
                HostMapping mapping = memory.map(file, 0, page, Protection.READ_WRITE, Sharing.SHARED)) {
            mapping.segment().fill((byte) 5);
            mapping.advise(0, page, Advice.DONT_NEED);
            assertEquals(5, mapping.segment().get(BYTE, 0));
            mapping.advise(0, page, Advice.REMOVE);
            assertEquals(0, mapping.segment().get(BYTE, 0));
        }
    }

    @Test
    void pagesOfAPrivateMappingAreItsOwnOnceTheyWereWritten() throws HostException {
        try (MemoryFile file = memory.createFile("base", 8 * page);
                HostMapping mapping = memory.map(file, 0, 8 * page, Protection.READ_WRITE, Sharing.PRIVATE)) {
            mapping.segment().get(BYTE, page);
            assertEquals(new BitSet(), mapping.ownPages(0, 8 * page));
            mapping.segment().set(BYTE, 2 * page, (byte) 1);
            mapping.segment().set(BYTE, 8 * page - 1, (byte) 1);
            assertEquals("{2, 7}", mapping.ownPages(0, 8 * page).toString());
            assertEquals("{0}", mapping.ownPages(2 * page, page).toString());
        }
    }

    @Test
    void aClearedRangeReadsAsZeroWhateverTheFileHolds() throws HostException {
        try (MemoryFile file = memory.createFile("base", 4 * page);
                HostMapping shared = memory.map(file, 0, 4 * page, Protection.READ_WRITE, Sharing.SHARED);
                HostMapping mapping = memory.map(file, 0, 4 * page, Protection.READ_WRITE, Sharing.PRIVATE)) {
            shared.segment().fill((byte) 5);
            mapping.segment().set(BYTE, page, (byte) 6);
            mapping.clear(page, 2 * page, Protection.READ_WRITE);
            assertEquals(new BitSet(), mapping.ownPages(0, 4 * page));
            assertEquals(5, mapping.segment().get(BYTE, page - 1));
            assertEquals(0, mapping.segment().get(BYTE, page));
            assertEquals(0, mapping.segment().get(BYTE, 3 * page - 1));
            assertEquals(5, mapping.segment().get(BYTE, 3 * page));
            assertEquals(5, shared.segment().get(BYTE, page));
        }
    }

    @Test
    void bytesWrittenWithoutAMappingAreInEveryMapping() throws HostException {
        byte[] bytes = new byte[(int) (3 * page)];
        new Random(42).nextBytes(bytes);
        try (Arena arena = Arena.ofConfined();
                MemoryFile file = memory.createFile("written", 5 * page);
                HostMapping mapping = memory.map(file, page, 3 * page, Protection.READ, Sharing.PRIVATE)) {
            file.write(page, arena.allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes)));
            assertArrayEquals(bytes, mapping.segment().toArray(BYTE));
            assertEquals(3 * page, file.occupiedBytes());
            file.seal(Set.of(Seal.WRITE));
            HostException error = assertThrows(HostException.class, () -> file.write(0, mapping.segment()));
            assertEquals("EPERM", error.errno());
        }
    }

    @Test
    void aProcessMayHaveSomeThousandMappings() {
        assertTrue(memory.mostMappings() >= 1000, memory.mostMappings() + " mappings");
    }

    @Test
    void aSealedFileKeepsItsSize() throws HostException {
        try (MemoryFile file = memory.createFile("sealed", page)) {
            file.seal(Set.of(Seal.SHRINK));
            assertEquals(EnumSet.of(Seal.SHRINK), file.seals());
            file.resize(2 * page);
            HostException error = assertThrows(HostException.class, () -> file.resize(page));
            assertEquals("EPERM", error.errno());
            assertEquals(2 * page, file.sizeBytes());
        }
    }

    @Test
    void contentsOutliveTheFileWhileTheyAreMapped() throws HostException {
        MemoryFile file = memory.createFile("closed", page);
        try (HostMapping mapping = memory.map(file, 0, page, Protection.READ_WRITE, Sharing.SHARED)) {
            file.close();
            mapping.segment().fill((byte) 3);
            assertEquals(3, mapping.segment().get(BYTE, page - 1));
            assertThrows(IllegalStateException.class, file::sizeBytes);
        }
    }

    private static String maps() throws IOException {
        return Files.readString(Path.of("/proc/self/maps"));
    }
}
