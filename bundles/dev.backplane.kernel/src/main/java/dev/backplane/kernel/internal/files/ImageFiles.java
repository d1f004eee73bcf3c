package dev.backplane.kernel.internal.files;

import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ImageFile;
import dev.backplane.natives.Host;
import dev.backplane.natives.HostException;
import dev.backplane.natives.file.FileLock;
import dev.backplane.natives.file.FileLockedException;
import dev.backplane.natives.file.HostFile;
import dev.backplane.natives.file.HostFiles;
import dev.backplane.natives.file.LockHolder;
import dev.backplane.natives.file.OpenMode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Opens files that hold disks, and locks them as QEMU does (block/file-posix.c, "raw_check_perm"): byte 100+n is locked by whoever does
 * n, byte 200+n by whoever does not want others to do n. All locks are shared ones; what counts is whether a byte is locked.
 */
public final class ImageFiles {
    private static final int DOES = 100;
    private static final int REFUSES = 200;
    private static final int READS = 0;
    private static final int WRITES = 1;
    private static final int RESIZES = 3;

    private static final Claim READER = new Claim(
            new long[] {DOES + READS, REFUSES + WRITES, REFUSES + RESIZES},
            new long[] {REFUSES + READS, DOES + WRITES, DOES + RESIZES});
    private static final Claim WRITER = new Claim(
            new long[] {DOES + READS, DOES + WRITES, DOES + RESIZES, REFUSES + WRITES, REFUSES + RESIZES},
            new long[] {REFUSES + READS, REFUSES + WRITES, REFUSES + RESIZES, DOES + WRITES, DOES + RESIZES});

    private final @Nullable Host host;

    /** Who has what in this process, for messages. */
    private final Map<HostImageFile, String> users = new ConcurrentHashMap<>();

    private record Claim(long[] held, long[] refused) {}

    /**
     * Files of this host.
     *
     * @param host its interfaces; without them nothing is locked, and files have no holes
     */
    public ImageFiles(@Nullable Host host) {
        this.host = host;
    }

    /**
     * Opens a file.
     *
     * @param path which; it exists
     * @param writable whether it is to be written
     * @param locked whether others are to be kept away
     * @param user who asks, for others' messages
     * @return the open file, to be closed by the caller
     * @throws ConfigurationException when it cannot be opened, or somebody else uses it
     */
    public ImageFile open(Path path, boolean writable, boolean locked, String user) throws ConfigurationException {
        if (Files.isDirectory(path)) {
            throw new ConfigurationException("%s is a folder: name a file in it".formatted(path));
        }
        HostFiles files = host == null ? null : files(host);
        FileLock lock = files == null || !locked ? null : lock(files, path, writable ? WRITER : READER);
        HostFile below = null;
        try {
            if (files != null) {
                below = files.open(path, writable ? OpenMode.READ_WRITE : OpenMode.READ);
            }
            FileChannel channel = writable ? FileChannel.open(path, READ, WRITE) : FileChannel.open(path, READ);
            HostImageFile file = new HostImageFile(path, writable, channel, below, lock, users::remove);
            users.put(file, user);
            return file;
        } catch (IOException e) {
            if (below != null) {
                below.close();
            }
            if (lock != null) {
                lock.close();
            }
            throw cannotOpen(path, writable, e);
        }
    }

    private static @Nullable HostFiles files(Host host) {
        try {
            return host.files();
        } catch (UnsupportedOperationException e) {
            // Another operating system: there are no such locks.
            return null;
        }
    }

    private FileLock lock(HostFiles files, Path path, Claim claim) throws ConfigurationException {
        try {
            return files.claim(path, claim.held(), claim.refused());
        } catch (FileLockedException e) {
            throw new ConfigurationException("%s is in use: %s has it %s: stop that program, or make a copy"
                    .formatted(path, name(path, e.holder()), claim == WRITER ? "open" : "open for writing"));
        } catch (HostException e) {
            throw cannotOpen(path, claim == WRITER, e);
        }
    }

    private String name(Path path, LockHolder holder) {
        if (holder.processId() != ProcessHandle.current().pid()) {
            return holder.describe();
        }
        return users.entrySet().stream()
                .filter(each -> each.getKey().isOf(path))
                .map(Map.Entry::getValue)
                .findFirst()
                .map(user -> user + " in this process")
                .orElse("this process");
    }

    private static ConfigurationException cannotOpen(Path path, boolean writable, IOException e) {
        String reason = switch (e) {
            case NoSuchFileException missing -> "it does not exist";
            case AccessDeniedException denied -> "permission denied";
            case HostException call when call.errno().equals("ENOENT") -> "it does not exist";
            case HostException call when call.errno().equals("EACCES") -> "permission denied";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> String.valueOf(e.getMessage());
        };
        return new ConfigurationException(
                "%s cannot be opened%s: %s".formatted(path, writable ? " for writing" : "", reason));
    }
}
