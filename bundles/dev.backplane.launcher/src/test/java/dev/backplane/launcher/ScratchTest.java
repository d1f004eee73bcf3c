package dev.backplane.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScratchTest {
    /** Above what Linux hands out (proc(5), pid_max), so that it is nobody's. */
    private static final long NOBODYS_PID = 1L << 23;

    @TempDir
    Path parent;

    @Test
    void whatADeadProcessLeftIsRemovedAndALivingOnesIsNot() throws Exception {
        var dead = folder("backplane-" + NOBODYS_PID + "-1");
        var living = folder("backplane-" + ProcessHandle.current().pid() + "-1");
        var foreign = folder("backplane-else-1");
        Scratch.create(parent);
        assertFalse(Files.exists(dead));
        assertTrue(Files.exists(living));
        assertTrue(Files.exists(foreign));
    }

    @Test
    void twoInOneProcessAreTwoFoldersAndEachRemovesItsOwn() throws Exception {
        var first = Scratch.create(parent);
        var second = Scratch.create(parent);
        assertNotEquals(first.folder(), second.folder());
        Files.createDirectories(first.folder().resolve("framework/bundle1"));
        first.remove();
        first.remove();
        assertFalse(Files.exists(first.folder()));
        assertTrue(Files.exists(second.folder()));
    }

    @ParameterizedTest
    @CsvSource({
        "'/dev/shm tmpfs rw,nosuid,nodev', true",
        "'/dev/shm tmpfs rw,nosuid,nodev,noexec', false",
        "'/dev tmpfs rw', false",
        "'/dev/shm/other tmpfs rw', false"
    })
    void memoryIsUsedWhereItIsMountedAndMayHoldLibraries(String mount, boolean used) throws Exception {
        var mounts = Files.writeString(parent.resolve("mounts"), "proc /proc proc rw 0 0\nshm " + mount + " 0 0\n");
        assertEquals(used, Scratch.runsPrograms(Path.of("/dev/shm"), mounts));
    }

    private Path folder(String name) throws Exception {
        var folder = Files.createDirectories(parent.resolve(name));
        Files.writeString(folder.resolve("file"), "x");
        return folder;
    }
}
