package dev.backplane.storage.vhdx.internal;

import dev.backplane.api.part.Option;

/** What can be chosen for a new image. */
public record VhdxCreation(
        @Option(value = "dynamic: it grows as it is written; fixed: every block has its place.", byDefault = "dynamic")
        Subformat subformat,

        @Option(
                value = "The length of a block, a power of two from 1 MiB; 0: one that suits the disk.",
                byDefault = "0",
                max = 256 << 20,
                unit = Option.Unit.BYTES)
        long blockSize,

        @Option(
                value = "The length of the log, a multiple of 1 MiB.",
                byDefault = "1MiB",
                min = 1 << 20,
                max = 32 << 20,
                unit = Option.Unit.BYTES)
        long logSize) {
    /** How the disk's blocks are kept. */
    public enum Subformat {
        /** A block has a place once it is written. */
        DYNAMIC,
        /** Every block has its place. */
        FIXED
    }
}
