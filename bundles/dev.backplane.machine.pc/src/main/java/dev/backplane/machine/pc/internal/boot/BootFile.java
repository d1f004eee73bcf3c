package dev.backplane.machine.pc.internal.boot;

import dev.backplane.api.part.ConfigurationException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An open file that is booted from. Its errors name the option, the file and what is wrong. */
final class BootFile implements AutoCloseable {
    private static final int CHUNK = 16 << 20;

    private final String option;
    private final Path path;
    private final FileChannel channel;
    private final long length;

    private BootFile(String option, Path path, FileChannel channel, long length) {
        this.option = option;
        this.path = path;
        this.channel = channel;
        this.length = length;
    }

    /**
     * Opens a file.
     *
     * @param option the option that names it, for messages
     * @param path the file
     * @throws ConfigurationException when it is not a file that can be read
     */
    static BootFile open(String option, Path path) throws ConfigurationException {
        if (!Files.isRegularFile(path)) {
            throw new ConfigurationException(
                    "%s: %s: %s".formatted(option, path, Files.exists(path) ? "not a regular file" : "no such file"));
        }
        try {
            FileChannel channel = FileChannel.open(path);
            return new BootFile(option, path, channel, channel.size());
        } catch (IOException e) {
            throw new ConfigurationException("%s: %s: cannot be read: %s".formatted(option, path, reason(e)), e);
        }
    }

    long length() {
        return length;
    }

    /** Fills a segment from the file's beginning. */
    void readInto(MemorySegment target) throws ConfigurationException {
        try {
            long done = 0;
            while (done < target.byteSize()) {
                long chunk = Math.min(CHUNK, target.byteSize() - done);
                int read = channel.read(target.asSlice(done, chunk).asByteBuffer(), done);
                if (read < 0) {
                    throw refused("it became shorter while it was read: 0x%x bytes of 0x%x".formatted(done, length));
                }
                done += read;
            }
        } catch (IOException e) {
            throw new ConfigurationException("%s: %s: cannot be read: %s".formatted(option, path, reason(e)), e);
        }
    }

    ConfigurationException refused(String why) {
        return new ConfigurationException("%s: %s: %s".formatted(option, path, why));
    }

    private static String reason(IOException e) {
        return e instanceof AccessDeniedException ? "permission denied" : String.valueOf(e.getMessage());
    }

    @Override
    public void close() throws ConfigurationException {
        try {
            channel.close();
        } catch (IOException e) {
            throw new ConfigurationException("%s: %s: cannot be closed: %s".formatted(option, path, reason(e)), e);
        }
    }
}
