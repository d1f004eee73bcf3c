package dev.backplane.scheduler.realtime.internal;

import dev.backplane.api.part.ConfigurationException;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Bounds what is promised: on no set of processors more than nine tenths of what they have. With earliest deadline first on all
 * of them lateness stays bounded then (Devi and Anderson, 2005); the rest is for the kernel's own threads. Callable on any thread.
 */
final class Admission {
    private static final long MILLION = 1_000_000;
    private static final long BOUND = 900_000;
    private static final double PER_CENT = 10_000;

    private final Map<Object, Promise> promises = new HashMap<>();

    /** What one part of a machine was promised, in millionths of a processor. */
    private record Promise(String vm, long utilisation, BitSet processors) {
        boolean within(BitSet others) {
            BitSet outside = (BitSet) processors.clone();
            outside.andNot(others);
            return outside.isEmpty();
        }
    }

    /**
     * Promises it, in place of what was promised to the same part before. A machine whose part is followed by one that is made beside it
     * needs the greater of the two.
     *
     * @throws ConfigurationException where that is more than is left: with the figures
     */
    synchronized void admit(Object to, String vm, Reservation each, int vcpus, BitSet processors)
            throws ConfigurationException {
        Promise asked = new Promise(vm, vcpus * each.utilisation(), processors);
        if (each.utilisation() > MILLION) {
            throw new ConfigurationException(each + " is more than one processor has");
        }
        Promise before = promises.put(to, asked);
        for (Promise around : promises.values()) {
            if (!asked.within(around.processors)) {
                continue;
            }
            long sum = within(around.processors);
            long bound = BOUND * around.processors.cardinality();
            if (sum > bound) {
                restore(to, before);
                throw new ConfigurationException(
                        "%d vCPUs with %s need %.1f %% of a processor: of the %.1f %% that are given away on processors %s, %.1f %% are left: ask for less budget, or for longer periods"
                                .formatted(
                                        vcpus,
                                        each,
                                        asked.utilisation / PER_CENT,
                                        bound / PER_CENT,
                                        around.processors,
                                        Math.max(0, bound - sum + asked.utilisation) / PER_CENT));
            }
        }
    }

    private long within(BitSet processors) {
        return promises.values().stream()
                .filter(promise -> promise.within(processors))
                .collect(Collectors.toMap(Promise::vm, Promise::utilisation, Math::max))
                .values()
                .stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    private void restore(Object to, @Nullable Promise before) {
        if (before == null) {
            promises.remove(to);
        } else {
            promises.put(to, before);
        }
    }

    synchronized void release(Object from) {
        promises.remove(from);
    }
}
