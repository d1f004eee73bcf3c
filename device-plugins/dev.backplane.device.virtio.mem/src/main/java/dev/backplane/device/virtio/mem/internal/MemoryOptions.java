package dev.backplane.device.virtio.mem.internal;

import dev.backplane.api.part.Live;
import dev.backplane.api.part.Option;

/** How much memory the guest is to have beside the machine's own, and where. */
public record MemoryOptions(
        @Live
        @Option(
                value = "How much of it the guest is to have now: whole blocks. The guest decides how fast.",
                byDefault = "0",
                max = MemoryOptions.MOST_BYTES,
                unit = Option.Unit.BYTES)
        long size,

        @Option(
                value = "How much it may be at most: whole blocks.",
                min = MemoryOptions.LEAST_BLOCK_BYTES,
                max = MemoryOptions.MOST_BYTES,
                unit = Option.Unit.BYTES)
        long max,

        @Option(
                value =
                        "How much comes and goes at once: a power of two. Linux needs 4MiB at least, whatever stands here.",
                byDefault = "2MiB",
                min = MemoryOptions.LEAST_BLOCK_BYTES,
                max = 1 << 30,
                unit = Option.Unit.BYTES)
        long block,

        @Option(
                value = "Where it begins: a multiple of 128 MiB above all other memory, another one for each device.",
                byDefault = "0x8100000000",
                max = 1L << 48)
        long address) {
    static final long LEAST_BLOCK_BYTES = 2 << 20;
    static final long MOST_BYTES = 252L << 30;

    /** What Linux adds at once; from elsewhere it could not use the first part. */
    private static final long ALIGNMENT = 128 << 20;

    /** Checks what depends on each other. */
    public MemoryOptions {
        if (Long.bitCount(block) != 1) {
            throw new IllegalArgumentException("block: %d: expected a power of two".formatted(block));
        }
        if (max % block != 0) {
            throw new IllegalArgumentException("max: %d: expected a multiple of the block, %d".formatted(max, block));
        }
        if (size % block != 0 || size > max) {
            throw new IllegalArgumentException(
                    "size: %d: expected a multiple of the block, %d, and at most max, %d".formatted(size, block, max));
        }
        if (address % Math.max(ALIGNMENT, block) != 0) {
            throw new IllegalArgumentException(
                    "address: 0x%x: expected a multiple of 0x%x".formatted(address, Math.max(ALIGNMENT, block)));
        }
    }

    int blocks() {
        return (int) (max / block);
    }
}
