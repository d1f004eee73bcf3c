package dev.backplane.bench.internal;

import java.util.Arrays;
import java.util.Collection;

/**
 * Measurements of the same thing.
 *
 * @param count how many
 * @param median their median
 * @param least the smallest
 * @param most the largest
 */
record Sample(int count, double median, double least, double most) {
    static Sample of(Collection<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        if (sorted.length == 0) {
            throw new IllegalArgumentException("nothing was measured");
        }
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Sample(sorted.length, median, sorted[0], sorted[sorted.length - 1]);
    }

    /** Half of the distance between the extremes, in hundredths of the median. */
    double spreadPercent() {
        return median == 0 ? 0 : 50 * (most - least) / median;
    }

    static double geometricMean(double... ratios) {
        return Math.exp(Arrays.stream(ratios).map(Math::log).average().orElse(Double.NaN));
    }
}
