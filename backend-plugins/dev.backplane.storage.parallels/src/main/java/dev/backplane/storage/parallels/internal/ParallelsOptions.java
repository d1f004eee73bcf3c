package dev.backplane.storage.parallels.internal;

import dev.backplane.api.part.Option;
import dev.backplane.api.storage.StorageRef;

/** Where the image is. */
public record ParallelsOptions(
        @Option("The layer below, which holds the image.") StorageRef on) {}
