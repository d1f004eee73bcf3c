package dev.backplane.x86.simd;

/** An operation on whole XMM registers that an immediate byte may direct. */
@FunctionalInterface
interface Kernel {
    /**
     * Replaces the destination, {@code x[d]} and {@code x[d + 1]}, by a function of it and of the source, low and high.
     */
    void apply(long[] x, int d, long low, long high, int immediate);
}
