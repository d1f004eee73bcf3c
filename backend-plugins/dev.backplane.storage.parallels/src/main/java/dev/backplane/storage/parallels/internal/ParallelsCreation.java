package dev.backplane.storage.parallels.internal;

import dev.backplane.api.part.Option;

/** What can be chosen for a new image. */
public record ParallelsCreation(
        @Option(
                value = "The length of a cluster, a multiple of 512.",
                byDefault = "1MiB",
                min = 512,
                max = 64 << 20,
                unit = Option.Unit.BYTES)
        long clusterSize) {}
