package dev.backplane.natives.internal;

import dev.backplane.natives.file.LockHolder;
import dev.backplane.natives.file.LockMode;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Finds the process behind a lock in proc(5): which has the file open on a descriptor that carries a lock. */
final class LockHolders {
    private static final Path PROC = Path.of("/proc");

    /**
     * @param processId the holder where it is known already, else 0
     * @param range how the lock's line in proc(5) ends
     * @param own is not the holder, although it may have such a lock too
     */
    LockHolder find(Path path, LockMode mode, long processId, String range, Descriptor own) {
        long found = processId != 0 ? processId : search(path, range, own);
        return new LockHolder(mode, found, found == 0 ? null : command(found));
    }

    /** The process, or 0: other users' processes cannot be looked into, and any may end while it is being read. */
    private static long search(Path path, String range, Descriptor own) {
        Path ownInfo = PROC.resolve(Long.toString(ProcessHandle.current().pid()))
                .resolve("fdinfo")
                .resolve(Integer.toString(own.number()));
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                if (locks(process, path, range, ownInfo)) {
                    return Long.parseLong(process.getFileName().toString());
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return 0;
        }
        return 0;
    }

    private static boolean locks(Path process, Path path, String range, Path ownInfo) {
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                Path info = process.resolve("fdinfo").resolve(descriptor.getFileName());
                if (!info.equals(ownInfo) && isSameFile(descriptor, path) && carries(info, range)) {
                    return true;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return false;
        }
        return false;
    }

    private static boolean carries(Path info, String range) throws IOException {
        return Files.readString(info).lines().anyMatch(line -> line.startsWith("lock:") && line.endsWith(range));
    }

    private static boolean isSameFile(Path descriptor, Path path) {
        try {
            return Files.isSameFile(descriptor, path);
        } catch (IOException e) {
            return false;
        }
    }

    private static @Nullable String command(long processId) {
        try {
            return Files.readString(PROC.resolve(Long.toString(processId)).resolve("comm"))
                    .strip();
        } catch (IOException e) {
            return null;
        }
    }
}
