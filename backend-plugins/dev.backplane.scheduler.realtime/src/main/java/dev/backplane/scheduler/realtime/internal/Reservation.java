package dev.backplane.scheduler.realtime.internal;

import dev.backplane.api.part.ConfigurationException;
import java.time.Duration;

/**
 * What each vCPU of a machine has been promised.
 *
 * @param periodNanos how often
 * @param budgetNanos how much
 */
record Reservation(long periodNanos, long budgetNanos) {
    private static final Duration LEAST_PERIOD = Duration.ofMillis(1);
    private static final Duration MOST_PERIOD = Duration.ofSeconds(10);
    private static final Duration LEAST_BUDGET = Duration.ofNanos(100_000);
    private static final long MILLION = 1_000_000;

    static Reservation of(RealtimeOptions options) throws ConfigurationException {
        Duration period = options.period();
        Duration budget = options.budget();
        if (period.compareTo(LEAST_PERIOD) < 0 || period.compareTo(MOST_PERIOD) > 0) {
            throw new ConfigurationException("period: %s: expected from 1ms to 10s".formatted(written(period)));
        }
        if (budget.compareTo(LEAST_BUDGET) < 0 || budget.compareTo(period) > 0) {
            throw new ConfigurationException(
                    "budget: %s: expected from 100us to the period, %s".formatted(written(budget), written(period)));
        }
        return new Reservation(period.toNanos(), budget.toNanos());
    }

    /** The part of a processor, in millionths. */
    long utilisation() {
        return (budgetNanos * MILLION + periodNanos - 1) / periodNanos;
    }

    @Override
    public String toString() {
        return written(Duration.ofNanos(budgetNanos)) + " of every " + written(Duration.ofNanos(periodNanos));
    }

    private static String written(Duration time) {
        long micros = time.toNanos() / 1000;
        return micros % 1000 == 0 ? micros / 1000 + "ms" : micros + "us";
    }
}
