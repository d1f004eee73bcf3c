package dev.backplane.x86.simd;

/**
 * What one of FMA's instructions does to an element: the signs that it gives to product and addend. The host's own operation is used
 * where it gives the result, and where nobody needs to know whether that is exact.
 */
record Fused(boolean minusProduct, boolean minusAddend) {
    private static final long LOW_32 = 0xFFFF_FFFFL;

    /** {@code a * b + c}, with this one's signs. */
    long apply(SseUnit u, long a, long b, long c) {
        if (u.fast && u.inexactKnown) {
            double x = Double.longBitsToDouble(a);
            double z = Double.longBitsToDouble(c);
            double result = Math.fma(minusProduct ? -x : x, Double.longBitsToDouble(b), minusAddend ? -z : z);
            if (HostDouble.isNormal(result)
                    && HostDouble.isNotDenormal(a)
                    && HostDouble.isNotDenormal(b)
                    && HostDouble.isNotDenormal(c)) {
                return Double.doubleToRawLongBits(result);
            }
        }
        return SseArithmetic.fused(u, Format.DOUBLE, a, b, c, minusProduct, minusAddend);
    }

    /** The same of singles. */
    int apply(SseUnit u, int a, int b, int c) {
        if (u.fast && u.inexactKnown) {
            float x = Float.intBitsToFloat(a);
            float z = Float.intBitsToFloat(c);
            float result = Math.fma(minusProduct ? -x : x, Float.intBitsToFloat(b), minusAddend ? -z : z);
            if (HostSingle.isNormal(result)
                    && HostSingle.isNotDenormal(a)
                    && HostSingle.isNotDenormal(b)
                    && HostSingle.isNotDenormal(c)) {
                return Float.floatToRawIntBits(result);
            }
        }
        return (int)
                SseArithmetic.fused(u, Format.SINGLE, a & LOW_32, b & LOW_32, c & LOW_32, minusProduct, minusAddend);
    }

    /** Two singles in a quadword: {@code odd} has the signs of the upper one. */
    long apply(SseUnit u, long a, long b, long c, Fused odd) {
        int low = apply(u, Singles.low(a), Singles.low(b), Singles.low(c));
        return Singles.pair(low, odd.apply(u, Singles.high(a), Singles.high(b), Singles.high(c)));
    }
}
