package dev.backplane.itests.outside;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** The guest of {@code backplane demo}, as it lies in the cache that all tests share. */
final class DebianGuest {
    private static final Path FOLDER = Backplane.WORK.resolve("cache/backplane/guest");

    private DebianGuest() {}

    /** Debian's kernel, a bzImage. */
    static Path kernel() throws IOException {
        return file("vmlinuz-*");
    }

    /** The initramfs, an archive that is not packed. */
    static Path initrd() throws IOException {
        return file("initrd-*.cpio");
    }

    /** Debian's busybox, which needs nothing else. */
    static Path busybox() throws IOException {
        return file("busybox-*");
    }

    private static Path file(String pattern) throws IOException {
        if (!Files.exists(FOLDER.resolve("guest.properties"))) {
            fetch();
        }
        try (var files = Files.newDirectoryStream(FOLDER, pattern)) {
            return files.iterator().next();
        }
    }

    /** Any demo fetches it. */
    private static void fetch() {
        var result = Backplane.run(Duration.ofMinutes(5), "demo", "--timeout", "1", "--exec", ":");
        if (!Files.exists(FOLDER.resolve("guest.properties"))) {
            throw new AssertionError("no guest in " + FOLDER + ": " + result.errors());
        }
    }
}
