package dev.backplane.x86.system;

import java.math.BigInteger;

/**
 * TSC cycles to nanoseconds as the paravirtual clock does it: shifted, multiplied with a 32-bit fraction, and the product's
 * lower 32 bits dropped.
 *
 * @param multiplier an unsigned 32-bit fraction of 2^32
 * @param shift to the left, or to the right if negative
 */
record TscScale(int multiplier, int shift) {
    static TscScale of(long tscHz) {
        // The greatest multiplier below 2^32 keeps the error within 2^-32 of the elapsed time.
        for (int shift = 31; shift >= -31; shift--) {
            BigInteger fraction = BigInteger.valueOf(1_000_000_000L).shiftLeft(32);
            BigInteger scaled = (shift > 0 ? fraction.shiftRight(shift) : fraction.shiftLeft(-shift))
                    .divide(BigInteger.valueOf(tscHz));
            if (scaled.bitLength() == 32) {
                return new TscScale(scaled.intValue(), shift);
            }
        }
        throw new IllegalArgumentException("a TSC of " + tscHz + " Hz: expected 1 to 2^60");
    }
}
