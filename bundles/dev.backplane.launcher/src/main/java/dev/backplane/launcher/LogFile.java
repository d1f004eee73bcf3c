package dev.backplane.launcher;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A log that is opened when its first line is written: most commands log nothing. Several processes may append to one. However
 * much is logged, it and the one before it take a few megabytes a process: each process looks at its size when it opens it, and opens it
 * again when it has written that much.
 */
final class LogFile extends OutputStream {
    private static final long LARGEST_BYTES = 4 << 20;

    private final Path file;
    private @Nullable OutputStream stream;
    private long written;

    LogFile(Path file) {
        this.file = file;
    }

    @Override
    public void write(int octet) throws IOException {
        write(new byte[] {(byte) octet}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        if (stream != null && written > LARGEST_BYTES) {
            close();
        }
        if (stream == null) {
            stream = open();
            written = 0;
        }
        stream.write(bytes, offset, length);
        written += length;
    }

    @Override
    public void close() throws IOException {
        if (stream != null) {
            stream.close();
            stream = null;
        }
    }

    private OutputStream open() throws IOException {
        Files.createDirectories(file.getParent());
        if (Files.exists(file) && Files.size(file) > LARGEST_BYTES) {
            Files.move(file, file.resolveSibling(file.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
        return Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
}
