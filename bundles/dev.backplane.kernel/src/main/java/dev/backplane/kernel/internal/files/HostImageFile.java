package dev.backplane.kernel.internal.files;

import dev.backplane.api.storage.ImageFile;
import dev.backplane.natives.HostException;
import dev.backplane.natives.file.FileLock;
import dev.backplane.natives.file.HostFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A file, by the JDK for its bytes and by the host's own calls for its holes. */
public final class HostImageFile implements ImageFile {
    private final Path path;
    private final boolean writable;
    private final FileChannel channel;
    private final @Nullable HostFile below;
    private final @Nullable FileLock lock;
    private final Consumer<HostImageFile> closed;

    HostImageFile(
            Path path,
            boolean writable,
            FileChannel channel,
            @Nullable HostFile below,
            @Nullable FileLock lock,
            Consumer<HostImageFile> closed) {
        this.path = path;
        this.writable = writable;
        this.channel = channel;
        this.below = below;
        this.lock = lock;
        this.closed = closed;
    }

    /**
     * Where it is.
     *
     * @return the path by which it was opened
     */
    public Path path() {
        return path;
    }

    /**
     * Whether it is open for writing.
     *
     * @return false where it is only read
     */
    public boolean isWritable() {
        return writable;
    }

    boolean isOf(Path other) {
        try {
            return Files.isSameFile(path, other);
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public FileChannel channel() {
        return channel;
    }

    @Override
    public long nextData(long offset) throws IOException {
        return below == null ? offset : below.nextData(offset);
    }

    @Override
    public long nextHole(long offset) throws IOException {
        return below == null ? channel.size() : below.nextHole(offset);
    }

    @Override
    public boolean punchHole(long offset, long bytes) throws IOException {
        if (below == null) {
            return false;
        }
        try {
            below.punchHole(offset, bytes);
            return true;
        } catch (HostException e) {
            if (e.errno().equals("EOPNOTSUPP") || e.errno().equals("ENODEV")) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public long occupiedBytes() throws IOException {
        return below == null ? channel.size() : below.occupiedBytes();
    }

    @Override
    public void close() throws IOException {
        closed.accept(this);
        try {
            channel.close();
        } finally {
            if (below != null) {
                below.close();
            }
            if (lock != null) {
                lock.close();
            }
        }
    }
}
