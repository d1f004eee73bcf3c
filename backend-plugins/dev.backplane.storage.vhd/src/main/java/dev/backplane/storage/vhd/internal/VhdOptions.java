package dev.backplane.storage.vhd.internal;

import dev.backplane.api.part.Option;
import dev.backplane.api.storage.StorageRef;

/** Where the image is. */
public record VhdOptions(
        @Option("The layer below, which holds the image.") StorageRef on) {}
