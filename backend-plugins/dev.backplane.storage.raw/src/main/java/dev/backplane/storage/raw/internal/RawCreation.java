package dev.backplane.storage.raw.internal;

import dev.backplane.api.part.Option;

/** What can be chosen for a new image. */
public record RawCreation(
        @Option(
                value = "off: it takes no space before it is written; full: it is written with zeros.",
                byDefault = "off")
        Preallocation preallocation) {
    /** What is written at once. */
    public enum Preallocation {
        /** Nothing. */
        OFF,
        /** Zeros everywhere. */
        FULL
    }
}
