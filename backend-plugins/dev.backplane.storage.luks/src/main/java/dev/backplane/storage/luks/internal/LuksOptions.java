package dev.backplane.storage.luks.internal;

import dev.backplane.api.part.Option;
import dev.backplane.api.storage.StorageRef;
import java.nio.file.Path;
import java.util.Optional;

/** Where the image is, and what opens it. */
public record LuksOptions(
        @Option("The layer below, which holds the image.") StorageRef on,

        @Option("The file that holds its passphrase: all of its bytes, a line end too. It opens nothing without.")
        Optional<Path> passphrase) {}
