package dev.backplane.storage.vhd.internal;

import dev.backplane.api.part.Option;

/** What can be chosen for a new image. */
public record VhdCreation(
        @Option(
                value =
                        "dynamic: it grows as it is written; fixed: all of it is there, as it is, with a footer behind it.",
                byDefault = "dynamic")
        Subformat subformat) {
    /** How the disk's bytes are kept. */
    public enum Subformat {
        /** Blocks that a table finds. */
        DYNAMIC,
        /** As they are. */
        FIXED
    }
}
