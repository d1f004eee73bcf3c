package dev.backplane.protocol.file.internal;

import dev.backplane.api.part.Option;
import java.nio.file.Path;

/** Which file. */
public record FileOptions(
        @Option("The file that the bytes are in.") Path path,

        @Option(value = "Opened for reading only; every write fails.", byDefault = "false")
        boolean readOnly) {}
