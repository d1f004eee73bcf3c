package dev.backplane.machine.pc.internal.chip;

/**
 * A clock of a fixed frequency that began when the guest's clock did.
 *
 * @param hertz its frequency, at most 2^33
 */
record Ticks(long hertz) {
    private static final long NANOS = 1_000_000_000L;

    /** How many ticks there have been. */
    long at(long nanos) {
        return nanos / NANOS * hertz + nanos % NANOS * hertz / NANOS;
    }

    /** The first nanosecond at which there have been so many ticks; {@link Long#MAX_VALUE} for one that never comes. */
    long nanosAt(long tick) {
        long seconds = tick / hertz;
        if (seconds >= Long.MAX_VALUE / NANOS) {
            return Long.MAX_VALUE;
        }
        return seconds * NANOS + (tick % hertz * NANOS + hertz - 1) / hertz;
    }
}
