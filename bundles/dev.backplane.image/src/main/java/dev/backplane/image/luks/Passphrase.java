package dev.backplane.image.luks;

import dev.backplane.api.part.ConfigurationException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The contents of a file, all of them, as QEMU's {@code secret} object and cryptsetup's {@code --key-file} take it: a line end counts.
 *
 * @param file where it is
 * @param bytes what it holds
 */
record Passphrase(Path file, byte[] bytes) implements AutoCloseable {
    private static final int MOST_BYTES = 1 << 20;

    static Passphrase read(Path file) throws ConfigurationException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MOST_BYTES + 1);
        } catch (IOException e) {
            String reason = e instanceof NoSuchFileException
                    ? "it does not exist"
                    : e instanceof AccessDeniedException ? "permission denied" : String.valueOf(e.getMessage());
            throw new ConfigurationException("passphrase: %s cannot be read: %s".formatted(file, reason), e);
        }
        if (bytes.length == 0 || bytes.length > MOST_BYTES) {
            int length = bytes.length;
            Arrays.fill(bytes, (byte) 0);
            throw new ConfigurationException(
                    "passphrase: %s is %s".formatted(file, length == 0 ? "empty" : "longer than 1 MiB"));
        }
        return new Passphrase(file, bytes);
    }

    ConfigurationException fitsNowhere(long slots) {
        boolean line = bytes[bytes.length - 1] == '\n';
        return new ConfigurationException("passphrase: what %s holds opens none of the %d key slots%s"
                .formatted(
                        file, slots, line ? "; it ends with a line end, which counts: printf '%s' writes none" : ""));
    }

    @Override
    public void close() {
        Arrays.fill(bytes, (byte) 0);
    }

    @Override
    public String toString() {
        return "passphrase in " + file;
    }
}
