package dev.backplane.x86.internal.softfloat;

/** Unsigned 128-bit by 64-bit division, which Java lacks. */
public final class Wide {
    private static final long LOW_32 = 0xFFFF_FFFFL;

    private Wide() {}

    /**
     * The quotient of high:low / divisor. The remainder is {@code low - quotient * divisor} in wrapping arithmetic.
     *
     * @param high below the divisor (unsigned), so that the quotient fits in 64 bits
     * @param divisor has bit 63 set
     */
    public static long divide(long high, long low, long divisor) {
        long upper = digit(high, low >>> 32, divisor);
        long rest = (high << 32 | low >>> 32) - upper * divisor;
        long lower = digit(rest, low & LOW_32, divisor);
        return upper << 32 | lower;
    }

    /** One quotient digit in base 2^32: estimated from the divisor's upper half, then corrected at most twice. */
    private static long digit(long high, long next, long divisor) {
        long divisorHigh = divisor >>> 32;
        long divisorLow = divisor & LOW_32;
        long estimate = Long.divideUnsigned(high, divisorHigh);
        long rest = high - estimate * divisorHigh;
        while (estimate > LOW_32 || Long.compareUnsigned(estimate * divisorLow, rest << 32 | next) > 0) {
            estimate--;
            rest += divisorHigh;
            if (rest > LOW_32) {
                break;
            }
        }
        return estimate;
    }
}
