package dev.backplane.scheduler.fair.internal;

/**
 * One machine's share: its virtual time, which goes the slower the greater its weight, and its allowance below its cap, which grows with
 * the host's time. Guarded by the run queue.
 */
final class FairShare {
    /** The weight at which virtual time goes as fast as processor time. */
    private static final long NEUTRAL = 100;

    /** An allowance that was not used is kept for so long. */
    private static final long MEMORY_NANOS = 100_000_000;

    /** No slice below a cap is shorter: the change from one vCPU to another has its price. */
    private static final long LEAST_NANOS = 1_000_000;

    private static final long PER_CENT = 100;

    private int weight;
    private int cap;
    private long sliceNanos;

    /** Its virtual time. */
    long virtualNanos;

    /** How many of its vCPUs wait. */
    int waiting;

    /** How many have a processor. */
    private int running;

    private long allowanceNanos;
    private long allowanceAt;
    private long reservedNanos;

    FairShare(FairOptions options, long hostNanos) {
        allowanceAt = hostNanos;
        apply(options, hostNanos);
        allowanceNanos = mostAllowed();
    }

    void apply(FairOptions options, long hostNanos) {
        refresh(hostNanos);
        weight = options.weight();
        cap = options.cap();
        sliceNanos = Math.max(LEAST_NANOS, options.slice().toNanos());
        allowanceNanos = Math.min(allowanceNanos, mostAllowed());
    }

    void restore(long allowance) {
        allowanceNanos = Math.min(allowance, mostAllowed());
    }

    long allowanceNanos() {
        return allowanceNanos;
    }

    boolean isActive() {
        return waiting + running > 0;
    }

    /** What a slice is worth in virtual time. */
    long worth(long cpuNanos) {
        return cpuNanos * NEUTRAL / weight;
    }

    long sliceWorth() {
        return worth(sliceNanos);
    }

    private long mostAllowed() {
        return MEMORY_NANOS / PER_CENT * cap;
    }

    private void refresh(long hostNanos) {
        long passed = Math.min(hostNanos - allowanceAt, 10 * MEMORY_NANOS);
        if (passed > 0) {
            allowanceNanos = Math.min(mostAllowed(), allowanceNanos + passed * cap / PER_CENT);
            allowanceAt = hostNanos;
        }
    }

    /** How long one of its vCPUs may run now; 0 and below: in so many nanoseconds. */
    long mayRunNanos(long hostNanos) {
        if (cap == 0) {
            return sliceNanos;
        }
        refresh(hostNanos);
        long free = allowanceNanos - reservedNanos;
        long needed = Math.min(LEAST_NANOS, mostAllowed());
        if (free < needed) {
            return -Math.max(1, (needed - free) * PER_CENT / cap);
        }
        return Math.min(sliceNanos, Math.max(needed, free / Math.max(1, waiting)));
    }

    void started(long slice, long hostNanos) {
        reservedNanos += cap == 0 ? 0 : slice;
        running++;
        waiting--;
    }

    void ran(long cpuNanos, long slice, long hostNanos) {
        virtualNanos += worth(cpuNanos);
        running--;
        reservedNanos = Math.max(0, reservedNanos - slice);
        if (cap != 0) {
            refresh(hostNanos);
            allowanceNanos -= cpuNanos;
        }
    }
}
