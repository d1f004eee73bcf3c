package dev.backplane.storage.raw.internal;

import dev.backplane.api.part.Option;
import dev.backplane.api.storage.StorageRef;
import java.util.Optional;

/** Which bytes of which layer. */
public record RawOptions(
        @Option("The layer below.") StorageRef on,

        @Option(value = "Where the disk begins in it.", byDefault = "0", unit = Option.Unit.BYTES)
        long offset,

        @Option(value = "How long the disk is; to the end where nothing is said.", unit = Option.Unit.BYTES)
        Optional<Long> size) {}
