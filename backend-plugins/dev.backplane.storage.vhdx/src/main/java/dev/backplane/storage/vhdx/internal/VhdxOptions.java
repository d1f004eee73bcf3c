package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.part.Option;
import dev.backplane.api.storage.StorageRef;

/** Where the image is. */
public record VhdxOptions(
        @Option("The layer below, which holds the image.") StorageRef on) {}
