package dev.backplane.testkit;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.ImageFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/** A file of the host that nobody else uses, and whose holes nobody knows. */
record PlainFile(FileChannel channel) implements ImageFile {
    static ImageFile open(Path path, boolean writable) throws ConfigurationException {
        if (Files.isDirectory(path)) {
            throw new ConfigurationException("%s is a folder: name a file in it".formatted(path));
        }
        try {
            return new PlainFile(FileChannel.open(
                    path,
                    writable
                            ? Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE)
                            : Set.of(StandardOpenOption.READ)));
        } catch (IOException e) {
            throw new ConfigurationException("%s cannot be opened%s: %s"
                    .formatted(
                            path,
                            writable ? " for writing" : "",
                            e instanceof NoSuchFileException ? "it does not exist" : e.toString()));
        }
    }

    @Override
    public long nextData(long offset) throws IOException {
        return offset < channel.size() ? offset : -1;
    }

    @Override
    public long nextHole(long offset) throws IOException {
        return channel.size();
    }

    @Override
    public boolean punchHole(long offset, long bytes) {
        return false;
    }

    @Override
    public long occupiedBytes() throws IOException {
        return channel.size();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
