package dev.backplane.storage.vmdk.internal;

import dev.backplane.api.part.Option;
import dev.backplane.api.storage.StorageRef;
import java.util.List;
import java.util.Optional;

/** Where the image is. */
public record VmdkOptions(
        @Option("The layer below, which holds the image, or the descriptor of one that has further files.")
        StorageRef on,

        @Option(
                value = "The layers that hold the further files which the descriptor names, in its order.",
                byDefault = "[]")
        List<StorageRef> extents,

        @Option(
                "The parent, which shows through where the image has nothing of its own; to be given where the image has one.")
        Optional<StorageRef> backing) {
    /** Keeps a copy. */
    public VmdkOptions {
        extents = List.copyOf(extents);
    }

    /** An image that stands alone. */
    public VmdkOptions(StorageRef on, List<StorageRef> extents) {
        this(on, extents, Optional.empty());
    }
}
