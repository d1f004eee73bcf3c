package dev.backplane.storage.qcow2.internal;

import dev.backplane.api.part.Option;
import dev.backplane.api.storage.StorageRef;
import java.nio.file.Path;
import java.util.Optional;

/** Where the image is, and what it stands on. */
public record QcowOptions(
        @Option("The layer below, which holds the image.") StorageRef on,

        @Option(
                "The disk that shows through where the image has nothing of its own; to be given where the image names one.")
        Optional<StorageRef> backing,

        @Option("The layer that holds the disk's bytes, where the image keeps them in a file of their own.")
        Optional<StorageRef> dataFile,

        @Option("The file that holds the passphrase of an encrypted image: all of its bytes, a line end too.")
        Optional<Path> passphrase) {
    /** An image without a data file, not encrypted. */
    public QcowOptions(StorageRef on, Optional<StorageRef> backing) {
        this(on, backing, Optional.empty(), Optional.empty());
    }
}
