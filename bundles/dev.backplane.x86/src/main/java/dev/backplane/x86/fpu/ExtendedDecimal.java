package dev.backplane.x86.fpu;

import dev.backplane.x86.internal.softfloat.Exceptions;

/** The 18-digit packed decimal format of FBLD and FBSTP (SDM volume 1, 4.7): two digits a byte, sign in the tenth. */
final class ExtendedDecimal {
    private static final long LARGEST = 999_999_999_999_999_999L;

    /** The upper two bytes and the lower eight of what stands for a number that does not fit. */
    private static final int INDEFINITE_HIGH = 0xFFFF;

    private static final long INDEFINITE_LOW = 0xC000_0000_0000_0000L;

    private ExtendedDecimal() {}

    /** Sets the result from ten bytes, given as the low eight and the high two. Digits above nine count as they are. */
    static void load(Extended x, long low, int high) {
        long value = 0;
        for (int shift = 4; shift >= 0; shift -= 4) {
            value = 10 * value + (high >>> shift & 15);
        }
        for (int shift = 60; shift >= 0; shift -= 4) {
            value = 10 * value + (low >>> shift & 15);
        }
        ExtendedConversion.fromInteger(x, value);
        x.signExponent |= high & Extended.SIGN;
    }

    /** Converts to ten bytes: the low eight are returned, the high two left in {@code x.signExponent}. */
    static long store(Extended x, long a, int aSe) {
        boolean fits = (aSe & Extended.EXPONENT) < Extended.BIAS + 60 && !Extended.isUnsupported(a, aSe);
        long rest = fits ? ExtendedConversion.toMagnitude(x, a, aSe, x.rounding()) : -1;
        if (rest < 0 || rest > LARGEST) {
            x.raised = x.raised & ~Exceptions.INEXACT | Exceptions.INVALID;
            x.roundedUp = false;
            x.signExponent = INDEFINITE_HIGH;
            return INDEFINITE_LOW;
        }
        long low = 0;
        for (int shift = 0; shift < 64; shift += 4) {
            low |= rest % 10 << shift;
            rest /= 10;
        }
        x.signExponent = (int) (rest / 10 << 4 | rest % 10) | aSe & Extended.SIGN;
        return low;
    }
}
