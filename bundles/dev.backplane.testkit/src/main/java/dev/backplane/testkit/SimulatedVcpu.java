package dev.backplane.testkit;

import java.util.BitSet;

/** A vCPU of a {@link SchedulerBench}: what it does, and what it has had. */
final class SimulatedVcpu {
    /** A time that does not come. */
    static final long FAR = Long.MAX_VALUE / 4;

    /** What a vCPU does. */
    enum Phase {
        ASKS,
        WAITS,
        RUNS,
        HALTS,
        /** Its machine has ended, or its guest does not have it. */
        GONE
    }

    final int index;
    Phase phase = Phase.ASKS;
    long cpu;
    long end;
    long until;
    long askedAt;
    long longestWait;
    boolean kicked;
    boolean free;

    /** Where its thread may run. */
    BitSet bound;

    /** Processor time until it halts, and how long it does then. */
    long burst = FAR;

    long left = FAR;
    long halt;

    SimulatedVcpu(int index, BitSet processors, long now) {
        this.index = index;
        bound = processors;
        askedAt = now;
    }

    long longestWait(long now) {
        return Math.max(longestWait, phase == Phase.WAITS || phase == Phase.ASKS ? now - askedAt : 0);
    }

    /** Nobody decides over it any more, or somebody else. */
    void askAgain(long now) {
        if (phase == Phase.RUNS) {
            // What it has is nobody's business any more.
            free = true;
            kicked = true;
        } else if (phase == Phase.WAITS) {
            until = now;
        }
    }

    /** Its guest gets it. */
    void comes(long now) {
        phase = Phase.ASKS;
        left = burst;
        askedAt = now;
    }

    /** When something happens to it next, by itself. */
    long next(long now, double speed) {
        return switch (phase) {
            case RUNS -> now + Math.max(1, (long) Math.ceil(Math.min(Math.min(end - cpu, left), FAR / 4) / speed));
            case GONE -> FAR;
            case ASKS, WAITS, HALTS -> Math.max(now + 1, until);
        };
    }

    void runs(long nanos, double speed) {
        long used = Math.round(nanos * speed);
        cpu += used;
        left -= left >= FAR / 2 ? 0 : used;
    }
}
