package dev.backplane.scheduler.realtime.internal;

import java.util.LinkedHashMap;
import java.util.Map;

/** How late budgets were used up, in classes. Guarded by the run queue; anybody may look. */
final class DeadlineHistogram {
    private static final long MILLISECOND = 1_000_000;
    private static final long[] BELOW = {0, MILLISECOND, 5 * MILLISECOND, 20 * MILLISECOND, 100 * MILLISECOND};
    private static final String[] NAMES = {
        "deadlines-met",
        "deadlines-missed.below-1ms",
        "deadlines-missed.below-5ms",
        "deadlines-missed.below-20ms",
        "deadlines-missed.below-100ms",
        "deadlines-missed.from-100ms"
    };

    private final long[] counts = new long[NAMES.length];

    DeadlineHistogram(long[] before) {
        System.arraycopy(before, 0, counts, 0, Math.min(before.length, counts.length));
    }

    /** @param lateNanos 0 and below: in time */
    void record(long lateNanos) {
        int at = 0;
        while (at < BELOW.length && (at == 0 ? lateNanos > 0 : lateNanos >= BELOW[at])) {
            at++;
        }
        counts[at]++;
    }

    long[] counts() {
        return counts.clone();
    }

    Map<String, Long> named() {
        Map<String, Long> named = new LinkedHashMap<>();
        for (int i = 0; i < NAMES.length; i++) {
            named.put(NAMES[i], counts[i]);
        }
        return named;
    }
}
