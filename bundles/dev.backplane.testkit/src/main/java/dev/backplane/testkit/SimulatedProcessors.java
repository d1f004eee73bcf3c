package dev.backplane.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;

/**
 * The processors of a {@link SchedulerBench}'s host, and its kernel: it gives each processor to those whose threads may run there, in equal
 * parts.
 */
final class SimulatedProcessors {
    private static final long LOOK_NANOS = 1_000_000_000L;

    private final int[] load;
    private final List<SimulatedVcpu> running = new ArrayList<>();
    private int[] at = {};

    SimulatedProcessors(int count) {
        load = new int[count];
    }

    BitSet all() {
        BitSet all = new BitSet();
        all.set(0, load.length);
        return all;
    }

    /** Puts threads on processors: each on the one with the fewest that it may use. */
    void place(List<SimulatedVcpu> vcpus) {
        running.clear();
        for (SimulatedVcpu vcpu : vcpus) {
            if (vcpu.phase == SimulatedVcpu.Phase.RUNS) {
                running.add(vcpu);
            }
        }
        running.sort(Comparator.comparingInt(vcpu -> vcpu.bound.cardinality()));
        Arrays.fill(load, 0);
        at = new int[running.size()];
        for (int i = 0; i < at.length; i++) {
            BitSet bound = running.get(i).bound;
            int best = bound.nextSetBit(0);
            for (int p = best; p >= 0; p = bound.nextSetBit(p + 1)) {
                best = load[p] < load[best] ? p : best;
            }
            at[i] = best;
            load[best]++;
        }
    }

    private double speed(int place) {
        return 1.0 / load[at[place]];
    }

    /** When something happens to one of those that run. */
    long next(long now) {
        long next = now + LOOK_NANOS;
        for (int i = 0; i < at.length; i++) {
            next = Math.min(next, running.get(i).next(now, speed(i)));
        }
        return next;
    }

    /** Those that run do. */
    void advance(long nanos) {
        for (int i = 0; i < at.length; i++) {
            running.get(i).runs(nanos, speed(i));
        }
    }
}
