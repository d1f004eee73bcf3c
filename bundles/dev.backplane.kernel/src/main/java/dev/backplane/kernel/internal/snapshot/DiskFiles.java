package dev.backplane.kernel.internal.snapshot;

import dev.backplane.api.storage.ImageFile;
import dev.backplane.kernel.internal.snapshot.Manifest.DiskFile;
import dev.backplane.kernel.internal.snapshot.Manifest.StoredCopy;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/**
 * What files of disks are known by: their length, when they were last written, and their ends. Cheap, so that it can be looked at while
 * a machine stands; who sets a file's time back on purpose is not found out.
 */
public final class DiskFiles {
    private static final int END_BYTES = 64 * 1024;
    private static final int COPY_BYTES = 1 << 20;

    /** File systems tell time in steps of a timer tick: a write within the same one would not be seen. */
    private static final Duration TICK = Duration.ofMillis(12);

    private DiskFiles() {}

    /**
     * Notes what a file is like, which is written no longer.
     *
     * @param bay the bay that has it open
     * @param copy the copy that was made of it, if one was
     */
    static DiskFile note(String bay, Path path, boolean writable, Optional<StoredCopy> copy) throws IOException {
        if (!Files.isRegularFile(path)) {
            return new DiskFile(bay, path.toString(), writable, -1, 0, 0, copy);
        }
        if (writable) {
            awaitTick(path);
        }
        return new DiskFile(
                bay,
                path.toString(),
                writable,
                Files.size(path),
                Files.getLastModifiedTime(path).to(TimeUnit.NANOSECONDS),
                ends(path),
                copy);
    }

    private static void awaitTick(Path path) throws IOException {
        FileTime written = Files.getLastModifiedTime(path);
        Duration since = Duration.between(written.toInstant(), Instant.now());
        if (!since.isNegative() && since.compareTo(TICK) < 0) {
            try {
                Thread.sleep(TICK.minus(since));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        }
    }

    /** What is otherwise than it was noted, if anything is. */
    static Optional<String> difference(DiskFile noted) throws IOException {
        Path path = Path.of(noted.path());
        if (noted.bytes() < 0) {
            return Optional.empty();
        }
        try {
            long bytes = Files.size(path);
            if (bytes != noted.bytes()) {
                return Optional.of("it has %,d bytes, and had %,d".formatted(bytes, noted.bytes()));
            }
            FileTime written = Files.getLastModifiedTime(path);
            if (written.to(TimeUnit.NANOSECONDS) != noted.modifiedNanos()) {
                return Optional.of("it was written at %s, and had been at %s"
                        .formatted(written.toInstant(), Instant.EPOCH.plusNanos(noted.modifiedNanos())));
            }
            return ends(path) == noted.ends() ? Optional.empty() : Optional.of("its first or last bytes are others");
        } catch (NoSuchFileException e) {
            return Optional.of("it does not exist any more");
        }
    }

    private static long ends(Path path) throws IOException {
        CRC32C crc = new CRC32C();
        try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer room = ByteBuffer.allocate(END_BYTES);
            add(crc, file, 0, room);
            add(crc, file, Math.max(0, file.size() - END_BYTES), room);
        }
        return crc.getValue();
    }

    private static void add(CRC32C crc, FileChannel file, long position, ByteBuffer room) throws IOException {
        room.clear();
        long at = position;
        while (room.hasRemaining()) {
            int count = file.read(room, at);
            if (count <= 0) {
                break;
            }
            at += count;
        }
        crc.update(room.flip());
    }

    /**
     * Copies a file, its data alone; where the file system can share blocks between files, it does.
     *
     * @param from what to copy, written no longer
     * @param to a file that is not there yet
     * @return its length
     * @throws IOException when one cannot be read, or the other not be written
     */
    public static long copy(ImageFile from, Path to) throws IOException {
        try (FileChannel target = FileChannel.open(
                to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
            long size = from.channel().size();
            if (size > 0) {
                for (long at = from.nextData(0); at >= 0 && at < size; ) {
                    long hole = from.nextHole(at);
                    long end = hole < 0 ? size : Math.min(hole, size);
                    copy(from.channel(), at, end, target);
                    at = end < size ? from.nextData(end) : -1;
                }
                if (target.size() < size) {
                    target.write(ByteBuffer.allocate(1), size - 1);
                }
            }
            target.force(true);
            return size;
        }
    }

    /** Copies a copy again. */
    static void copy(Path from, Path to) throws IOException {
        // The JDK shares blocks between the two where the file system can; elsewhere holes become zeros.
        Files.copy(from, to);
    }

    private static void copy(FileChannel from, long start, long end, FileChannel to) throws IOException {
        to.position(start);
        for (long at = start; at < end; ) {
            long count = from.transferTo(at, Math.min(end - at, COPY_BYTES * 64L), to);
            if (count <= 0) {
                throw new IOException("ends at byte " + at + " while it is copied");
            }
            at += count;
        }
    }
}
