package dev.backplane.protocol.file.internal;

import dev.backplane.api.part.Option;
import java.nio.file.Path;

/** Which file. */
public record FileOptions(
        @Option("The file that the bytes are in.") Path path,

        @Option(value = "Opened for reading only; every write fails.", byDefault = "false")
        boolean readOnly,

        @Option(
                value = "Whole blocks are read and written past the host's cache, for what has a cache of its own.",
                byDefault = "false")
        boolean direct) {
    /** A file that is read and written through the host's cache. */
    public FileOptions(Path path, boolean readOnly) {
        this(path, readOnly, false);
    }
}
