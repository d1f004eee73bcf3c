package dev.backplane.bench.internal;

/**
 * How long something took.
 *
 * @param wallNanos on the host's clock
 * @param cpuNanos processor time of all threads of the process
 */
record Span(long wallNanos, long cpuNanos) {
    Span since(Span earlier) {
        return new Span(wallNanos - earlier.wallNanos, cpuNanos - earlier.cpuNanos);
    }

    double millis(Clock clock) {
        return (clock == Clock.WALL ? wallNanos : cpuNanos) / 1e6;
    }

    /** Which of the two. */
    enum Clock {
        WALL,
        CPU
    }
}
