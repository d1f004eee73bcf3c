package dev.backplane.x86.simd;

/** Double-precision operations on whole vectors: results go to {@link SseUnit#low} and {@link SseUnit#high}. */
final class Doubles {
    /** An operation on one element: the destination's old one and the source's. */
    @FunctionalInterface
    interface Function {
        long apply(SseUnit u, long a, long b);
    }

    private Doubles() {}

    /** DPPD. Each element adds up in an order of its own, as processors do, which shows only in NaNs. */
    static void dotProduct(SseUnit u, long aLow, long aHigh, long bLow, long bHigh, int control) {
        long p0 = (control & 0x10) != 0 ? HostDouble.multiply(u, aLow, bLow) : 0;
        long p1 = (control & 0x20) != 0 ? HostDouble.multiply(u, aHigh, bHigh) : 0;
        long s0 = HostDouble.add(u, p0, p1);
        long s1 = HostDouble.add(u, p1, p0);
        u.low = (control & 1) != 0 ? s0 : 0;
        u.high = (control & 2) != 0 ? s1 : 0;
    }

    static long compare(SseUnit u, long a, long b, int predicate) {
        return SseComparison.holds(u, Format.DOUBLE, a, b, predicate) ? -1 : 0;
    }

    static long minimum(SseUnit u, long a, long b) {
        return SseComparison.minimum(u, Format.DOUBLE, a, b);
    }

    static long maximum(SseUnit u, long a, long b) {
        return SseComparison.maximum(u, Format.DOUBLE, a, b);
    }

    static long round(SseUnit u, long a, int control) {
        return SseConversion.round(u, Format.DOUBLE, a, control);
    }

    /** Two numbers as two 32-bit integers. */
    static long toIntegers(SseUnit u, long a, long b, boolean truncate) {
        int low = (int) SseConversion.toInteger(u, Format.DOUBLE, a, 32, truncate);
        return Singles.pair(low, (int) SseConversion.toInteger(u, Format.DOUBLE, b, 32, truncate));
    }

    /** A 32-bit integer, which always fits. */
    static long fromInteger(int value) {
        return Double.doubleToRawLongBits(value);
    }
}
