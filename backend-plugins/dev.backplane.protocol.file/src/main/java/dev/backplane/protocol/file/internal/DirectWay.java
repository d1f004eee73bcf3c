package dev.backplane.protocol.file.internal;

import dev.backplane.api.part.ConfigurationException;
import dev.backplane.api.storage.StorageContext;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/**
 * A file past the host's cache (O_DIRECT). Only whole blocks of at least a page go this way: what is less goes through the cache, and the two
 * never share a page, so that neither writes over what the other has written.
 *
 * @param channel belongs to the bay
 * @param blockBytes what offsets, lengths and addresses are multiples of
 */
record DirectWay(FileChannel channel, int blockBytes) {
    private static final int PAGE = 4096;

    static DirectWay open(FileOptions options, StorageContext context) throws ConfigurationException {
        try {
            long block = Files.getFileStore(options.path()).getBlockSize();
            FileChannel channel = context.resource("direct " + options.path(), FileChannel.class, () -> open(options));
            return new DirectWay(channel, (int) Math.max(PAGE, Long.highestOneBit(block)));
        } catch (IOException e) {
            throw refused(options, e);
        }
    }

    private static FileChannel open(FileOptions options) throws ConfigurationException {
        Set<OpenOption> plain = options.readOnly()
                ? Set.of(StandardOpenOption.READ, direct())
                : Set.of(StandardOpenOption.READ, StandardOpenOption.WRITE, direct());
        try {
            return FileChannel.open(options.path(), plain);
        } catch (IOException | UnsupportedOperationException e) {
            throw refused(options, e);
        }
    }

    private static ConfigurationException refused(FileOptions options, Exception e) {
        return new ConfigurationException(
                "direct: %s cannot be opened past the host's cache (%s): its file system has no such way: leave this out"
                        .formatted(options.path(), e.getMessage()));
    }

    /** The JDK has it in a package of its own, which a framework need not give to bundles. */
    private static OpenOption direct() throws ConfigurationException {
        try {
            for (Object each : Class.forName("com.sun.nio.file.ExtendedOpenOption", true, null)
                    .getEnumConstants()) {
                if (each.toString().equals("DIRECT") && each instanceof OpenOption option) {
                    return option;
                }
            }
        } catch (ClassNotFoundException e) {
            // Told below.
        }
        throw new ConfigurationException("direct: this Java cannot open files past the host's cache: leave this out");
    }

    /** How much of a transfer goes through the cache before this way can be taken; 0: it can. */
    long cached(long offset, MemorySegment rest) {
        long head = -offset & blockBytes - 1;
        if (head > 0) {
            return Math.min(head, rest.byteSize());
        }
        boolean fits = rest.byteSize() >= blockBytes && (!rest.isNative() || rest.address() % blockBytes == 0);
        return fits ? 0 : rest.byteSize();
    }
}
