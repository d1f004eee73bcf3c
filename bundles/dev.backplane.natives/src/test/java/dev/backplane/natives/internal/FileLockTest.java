package dev.backplane.natives.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.backplane.natives.HostException;
import dev.backplane.natives.file.FileLock;
import dev.backplane.natives.file.FileLockedException;
import dev.backplane.natives.file.HostFile;
import dev.backplane.natives.file.HostFiles;
import dev.backplane.natives.file.LockMode;
import dev.backplane.natives.file.OpenMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileLockTest {
    private final HostFiles files = new LinuxHost().files();

    @TempDir
    Path folder;

    private Path image = Path.of("");

    @BeforeEach
    void makeImage() throws IOException {
        image = Files.writeString(folder.resolve("image"), "disk");
    }

    @Test
    void aSecondExclusiveLockIsRefusedWithItsHolder() throws HostException {
        try (FileLock held = files.lock(image, LockMode.EXCLUSIVE)) {
            assertEquals(image, held.path());
            FileLockedException error =
                    assertThrows(FileLockedException.class, () -> files.lock(image, LockMode.SHARED));
            assertEquals(ProcessHandle.current().pid(), error.holder().processId());
            assertEquals(LockMode.EXCLUSIVE, error.holder().mode());
            assertTrue(error.getMessage().contains(image.toString()), error.getMessage());
        }
        assertEquals(Optional.empty(), files.conflict(image, LockMode.EXCLUSIVE));
    }

    /** fcntl(2), F_SETLEASE. */
    @Test
    void whoWritesWaitsForALease() throws Exception {
        Thread writer = new Thread(() -> {
            try {
                Files.writeString(image, "other");
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        try (HostFile leased = files.openLeased(image).orElseThrow()) {
            writer.start();
            while (!Files.readString(Path.of("/proc/locks")).contains("BREAKING")) {
                Thread.sleep(5);
            }
            assertEquals(4, leased.sizeBytes());
            assertEquals("disk", Files.readString(image));
        }
        writer.join();
        assertEquals("other", Files.readString(image));
        try (FileChannel open = FileChannel.open(image, StandardOpenOption.WRITE)) {
            assertEquals(Optional.empty(), files.openLeased(image), "somebody writes to it: " + open);
        }
    }

    @Test
    void sharedLocksStandBesideEachOtherAndExcludeAnExclusiveOne() throws HostException {
        try (FileLock one = files.lock(image, LockMode.SHARED);
                FileLock two = files.lock(image, LockMode.SHARED)) {
            assertEquals(one.mode(), two.mode());
            assertThrows(FileLockedException.class, () -> files.lock(image, LockMode.EXCLUSIVE));
        }
        files.lock(image, LockMode.EXCLUSIVE).close();
    }

    @Test
    void closingAnotherChannelOnTheFileKeepsTheLock() throws IOException {
        try (FileLock held = files.lock(image, LockMode.EXCLUSIVE)) {
            try (FileChannel channel = FileChannel.open(image, StandardOpenOption.WRITE)) {
                channel.force(false);
            }
            assertEquals(LockMode.EXCLUSIVE, held.mode());
            assertTrue(files.conflict(image, LockMode.SHARED).isPresent());
        }
    }

    @Test
    void aLockClosedTwiceGivesUpOnlyItsOwn() throws HostException {
        FileLock first = files.lock(image, LockMode.EXCLUSIVE);
        first.close();
        try (FileLock second = files.lock(image, LockMode.EXCLUSIVE)) {
            first.close();
            assertEquals(
                    second.mode(),
                    files.conflict(image, LockMode.SHARED).orElseThrow().mode());
        }
    }

    @Test
    void aClaimRefusesWhatItIsToldToAndNamesTheHolder() throws HostException {
        try (FileLock held = files.claim(image, new long[] {100, 101, 201}, new long[] {101, 201})) {
            assertEquals(image, held.path());
            FileLockedException error = assertThrows(
                    FileLockedException.class, () -> files.claim(image, new long[] {100, 201}, new long[] {101}));
            assertEquals(ProcessHandle.current().pid(), error.holder().processId());
            files.claim(image, new long[] {100}, new long[] {200, 102}).close();
        }
        files.claim(image, new long[] {100, 201}, new long[] {101}).close();
    }

    @Test
    void holesAndDataAreTold() throws IOException {
        Path sparse = folder.resolve("sparse");
        try (FileChannel channel = FileChannel.open(
                sparse, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
            channel.write(ByteBuffer.wrap(new byte[4096]), 1 << 20);
            channel.write(ByteBuffer.wrap(new byte[1]), (4 << 20) - 1);
        }
        try (HostFile file = files.open(sparse, OpenMode.READ_WRITE)) {
            long data = file.nextData(0);
            long hole = file.nextHole(1 << 20);
            // A file system may know only large holes, or none.
            assertTrue(data <= 1 << 20, () -> "data at " + data);
            assertTrue(hole >= (1 << 20) + 4096 && hole <= 4 << 20, () -> "a hole at " + hole);
            assertTrue(file.occupiedBytes() >= 4096, "it occupies something");
            file.punchHole(0, 4 << 20);
            assertTrue(file.nextData(0) == -1 || file.nextHole(0) == 4 << 20, "nothing, or all of it");
        }
    }

    @Test
    void aMissingFileIsNamed() {
        HostException error =
                assertThrows(HostException.class, () -> files.lock(folder.resolve("none"), LockMode.SHARED));
        assertEquals("ENOENT", error.errno());
        assertTrue(error.getMessage().contains("none"), error.getMessage());
    }
}
