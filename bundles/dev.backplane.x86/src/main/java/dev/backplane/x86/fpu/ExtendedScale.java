package dev.backplane.x86.fpu;

import static dev.backplane.x86.fpu.Extended.exponent;
import static dev.backplane.x86.fpu.Extended.isInfinity;
import static dev.backplane.x86.fpu.Extended.isNegative;
import static dev.backplane.x86.fpu.Extended.normalised;

import dev.backplane.x86.internal.softfloat.Exceptions;

/** Operations on exponent and fraction: FRNDINT, FSCALE and FXTRACT. */
final class ExtendedScale {
    /** A power of two beyond which every number overflows or underflows, even with a wrapped exponent. */
    private static final int FARTHEST = 0x10000;

    private ExtendedScale() {}

    /** Rounds to an integer in the current rounding mode. */
    static void roundToInteger(Extended x, long a, int aSe) {
        if (x.notANumber(a, aSe) || x.denormal(a, aSe)) {
            return;
        }
        if (a == 0 || (aSe & Extended.EXPONENT) >= Extended.BIAS + 63) {
            x.set(a, aSe);
            return;
        }
        long magnitude = ExtendedConversion.toMagnitude(x, a, aSe, x.rounding());
        ExtendedConversion.fromMagnitude(x, magnitude, isNegative(aSe));
    }

    /** a times two to the power of b, which is cut off to an integer. */
    static void scale(Extended x, long a, int aSe, long b, int bSe) {
        if (x.notANumber(a, aSe, b, bSe)) {
            return;
        }
        boolean infiniteA = isInfinity(a, aSe);
        if (isInfinity(b, bSe)) {
            if (isNegative(bSe) ? infiniteA : a == 0) {
                x.invalid();
            } else if (!x.denormal(a, aSe)) {
                if (isNegative(bSe)) {
                    x.setZero(isNegative(aSe));
                } else {
                    x.setInfinity(isNegative(aSe));
                }
            }
        } else if (x.denormal(a, aSe, b, bSe)) {
            return;
        } else if (infiniteA || a == 0) {
            x.set(a, aSe);
        } else {
            x.soft.set(isNegative(aSe), exponent(a, aSe) + power(b, bSe), normalised(a));
            x.packScaled();
        }
    }

    private static int power(long b, int bSe) {
        int shift = Extended.BIAS + 63 - (bSe & Extended.EXPONENT);
        if (shift > 63) {
            return 0;
        }
        int magnitude = shift < 63 - 16 ? FARTHEST : (int) (b >>> shift);
        return isNegative(bSe) ? -magnitude : magnitude;
    }

    /**
     * Splits a number: the result is its significand, with an exponent of zero; its exponent as a number is left in
     * {@code parts}.
     */
    static void extract(Extended x, long a, int aSe, Extended parts) {
        if (x.notANumber(a, aSe)) {
            parts.set(x.significand, x.signExponent);
        } else if (isInfinity(a, aSe)) {
            parts.setInfinity(false);
            x.set(a, aSe);
        } else if (a == 0) {
            x.raised |= Exceptions.ZERO_DIVIDE;
            parts.setInfinity(true);
            x.set(a, aSe);
        } else if (!x.denormal(a, aSe)) {
            ExtendedConversion.fromInteger(parts, exponent(a, aSe));
            x.set(normalised(a), aSe & Extended.SIGN | Extended.BIAS);
        }
    }
}
