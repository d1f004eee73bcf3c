package dev.backplane.x86.apic;

/** The local vector table's timer (12.5.4): one-shot, periodic, or at a TSC value. Its vCPU's thread only. */
final class ApicTimer {
    static final int ONE_SHOT = 0;
    static final int PERIODIC = 1;
    static final int TSC_DEADLINE = 2;

    /** A guest may ask for a billion interrupts a second and do nothing else; it gets 20,000. Counts stay exact. */
    private static final long SHORTEST_PERIOD_NANOS = 50_000;

    /** No deadline is set. */
    static final long NEVER = Long.MAX_VALUE;

    private final ApicClock clock;
    private final ApicPort port;
    private int mode;
    private int divideConfiguration;
    private int divisor = 2;
    private long initialCount;
    /** Ticks left at {@link #startNanos}; zero when the counter stands. */
    private long startCount;

    private long startNanos;
    private long deadlineTsc;
    /** When the vCPU next has to call {@link #expire}, in guest nanoseconds. */
    private long dueNanos = NEVER;

    ApicTimer(ApicClock clock, ApicPort port) {
        this.clock = clock;
        this.port = port;
    }

    private void due(long nanos) {
        if (nanos != dueNanos) {
            dueNanos = nanos;
            port.timerDue(nanos);
        }
    }

    void reset() {
        mode = ONE_SHOT;
        divideConfiguration = 0;
        divisor = 2;
        stop();
    }

    private void stop() {
        initialCount = 0;
        startCount = 0;
        deadlineTsc = 0;
        due(NEVER);
    }

    /** Changing to or from the deadline mode disarms the timer (12.5.4.1). */
    void setMode(int newMode) {
        if ((newMode == TSC_DEADLINE) != (mode == TSC_DEADLINE)) {
            stop();
        }
        mode = newMode;
    }

    int mode() {
        return mode;
    }

    int divideConfiguration() {
        return divideConfiguration;
    }

    /** The count goes on from where it is at the new rate. */
    void setDivideConfiguration(int value) {
        long left = currentCount();
        divideConfiguration = value & 0b1011;
        int exponent = (value & 3 | value >> 1 & 4) + 1 & 7;
        divisor = 1 << exponent;
        if (startCount != 0) {
            start(left);
        }
    }

    long initialCount() {
        return initialCount;
    }

    /** Starts the counter; ignored in the deadline mode, as the hardware does. */
    void setInitialCount(long count) {
        if (mode == TSC_DEADLINE) {
            return;
        }
        initialCount = count;
        start(count);
    }

    private void start(long count) {
        startCount = count;
        startNanos = clock.nanos();
        due(count == 0 ? NEVER : startNanos + count * divisor);
    }

    long currentCount() {
        if (startCount == 0) {
            return 0;
        }
        long left = startCount - (clock.nanos() - startNanos) / divisor;
        if (left > 0 || mode != PERIODIC || initialCount == 0) {
            return Math.max(left, 0);
        }
        // Expired and not yet noticed: where the reloaded counter stands.
        return initialCount - -left % initialCount;
    }

    long deadline() {
        return mode == TSC_DEADLINE ? deadlineTsc : 0;
    }

    /** IA32_TSC_DEADLINE; ignored in the other modes, zero disarms. */
    void setDeadline(long tsc) {
        if (mode == TSC_DEADLINE) {
            deadlineTsc = tsc;
            clockMoved();
        }
    }

    /** The relation of TSC and guest time was changed (a write to IA32_TSC or IA32_TSC_ADJUST, a restore). */
    void clockMoved() {
        if (mode == TSC_DEADLINE) {
            due(deadlineTsc == 0 ? NEVER : clock.nanosOfTsc(deadlineTsc));
        }
    }

    long dueNanos() {
        return dueNanos;
    }

    /** Whether the timer has run out since the last call; at most one interrupt is owed however late the call comes. */
    boolean expire() {
        if (dueNanos == NEVER) {
            return false;
        }
        if (mode == TSC_DEADLINE) {
            if (Long.compareUnsigned(clock.tsc(), deadlineTsc) < 0) {
                clockMoved();
                return false;
            }
            deadlineTsc = 0;
            due(NEVER);
            return true;
        }
        long now = clock.nanos();
        if (now < dueNanos) {
            return false;
        }
        if (mode == PERIODIC && initialCount != 0) {
            long period = initialCount * divisor;
            startNanos = now - (now - dueNanos) % period;
            startCount = initialCount;
            due(Math.max(startNanos + period, now + SHORTEST_PERIOD_NANOS));
        } else {
            startCount = 0;
            due(NEVER);
        }
        return true;
    }

    /**
     * Restores a timer whose counter runs out or reloads at {@code due}, or stands if that is zero. A deadline of the TSC is
     * set afterwards.
     */
    void restore(int savedMode, int savedDivide, long savedInitialCount, long due) {
        reset();
        mode = savedMode;
        setDivideConfiguration(savedDivide);
        if (mode == TSC_DEADLINE) {
            return;
        }
        initialCount = savedInitialCount;
        if (due != 0) {
            startCount = Math.max(1, Math.ceilDiv(due - clock.nanos(), divisor));
            startNanos = due - startCount * divisor;
            due(due);
        }
    }
}
