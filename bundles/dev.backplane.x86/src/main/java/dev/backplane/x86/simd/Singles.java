package dev.backplane.x86.simd;

/** Single-precision operations on whole vectors: results go to {@link SseUnit#low} and {@link SseUnit#high}. */
final class Singles {
    /** An operation on one element: the destination's old one and the source's. */
    @FunctionalInterface
    interface Function {
        int apply(SseUnit u, int a, int b);
    }

    private static final long LOW_32 = 0xFFFF_FFFFL;

    private Singles() {}

    /** Two elements as one half. */
    static long pair(int low, int high) {
        return low & LOW_32 | (long) high << 32;
    }

    /** The low element of a half. */
    static int low(long half) {
        return (int) half;
    }

    /** The high element of a half. */
    static int high(long half) {
        return (int) (half >>> 32);
    }

    /** The function on each pair of elements of two halves. */
    static long each(SseUnit u, Function f, long a, long b) {
        int low = f.apply(u, low(a), low(b));
        return pair(low, f.apply(u, high(a), high(b)));
    }

    /** HADDPS and HSUBPS: the function on neighbours. */
    static void neighbours(SseUnit u, Function f, long aLow, long aHigh, long bLow, long bHigh) {
        int first = f.apply(u, low(aLow), high(aLow));
        int second = f.apply(u, low(aHigh), high(aHigh));
        u.low = pair(first, second);
        first = f.apply(u, low(bLow), high(bLow));
        second = f.apply(u, low(bHigh), high(bHigh));
        u.high = pair(first, second);
    }

    /** ADDSUBPS. */
    static long addSubtract(SseUnit u, long a, long b) {
        int difference = HostSingle.subtract(u, low(a), low(b));
        return pair(difference, HostSingle.add(u, high(a), high(b)));
    }

    /**
     * DPPS: the products that the upper half of the control chooses, their sum where the lower half says. Each element adds up
     * in an order of its own, as processors do, which shows only in NaNs.
     */
    static void dotProduct(SseUnit u, long aLow, long aHigh, long bLow, long bHigh, int control) {
        int p0 = (control & 0x10) != 0 ? HostSingle.multiply(u, low(aLow), low(bLow)) : 0;
        int p1 = (control & 0x20) != 0 ? HostSingle.multiply(u, high(aLow), high(bLow)) : 0;
        int p2 = (control & 0x40) != 0 ? HostSingle.multiply(u, low(aHigh), low(bHigh)) : 0;
        int p3 = (control & 0x80) != 0 ? HostSingle.multiply(u, high(aHigh), high(bHigh)) : 0;
        int s0 = HostSingle.add(u, p1, p0);
        int s1 = HostSingle.add(u, p0, p1);
        int s2 = HostSingle.add(u, p3, p2);
        int s3 = HostSingle.add(u, p2, p3);
        u.low = pair(HostSingle.add(u, s0, s2), HostSingle.add(u, s1, s3)) & PackedShuffle.doublewordMask(control);
        u.high =
                pair(HostSingle.add(u, s2, s0), HostSingle.add(u, s3, s1)) & PackedShuffle.doublewordMask(control >> 2);
    }

    /** CMPPS on one half. */
    static long compare(SseUnit u, long a, long b, int predicate) {
        long low = SseComparison.holds(u, Format.SINGLE, a & LOW_32, b & LOW_32, predicate) ? LOW_32 : 0;
        long high = SseComparison.holds(u, Format.SINGLE, a >>> 32, b >>> 32, predicate) ? ~LOW_32 : 0;
        return low | high;
    }

    static int minimum(SseUnit u, int a, int b) {
        return (int) SseComparison.minimum(u, Format.SINGLE, a & LOW_32, b & LOW_32);
    }

    static int maximum(SseUnit u, int a, int b) {
        return (int) SseComparison.maximum(u, Format.SINGLE, a & LOW_32, b & LOW_32);
    }

    static int round(SseUnit u, int a, int control) {
        return (int) SseConversion.round(u, Format.SINGLE, a & LOW_32, control);
    }

    static int fromInteger(SseUnit u, long value) {
        return (int) SseConversion.fromInteger(u, Format.SINGLE, value);
    }

    static int toInteger(SseUnit u, int a, boolean truncate) {
        return (int) SseConversion.toInteger(u, Format.SINGLE, a & LOW_32, 32, truncate);
    }
}
