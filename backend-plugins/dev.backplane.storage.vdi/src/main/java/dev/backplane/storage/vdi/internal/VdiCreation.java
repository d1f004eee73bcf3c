package dev.backplane.storage.vdi.internal;

import dev.backplane.api.part.Option;

/**
 * What can be chosen for a new image.
 *
 * @param preallocated "static" is no name for a Java component
 */
public record VdiCreation(
        @Option(
                value = "Every block has its place from the beginning; the file is sparse where the host can.",
                byDefault = "false")
        boolean preallocated) {}
