package dev.backplane.x86.fpu;

import dev.backplane.x86.internal.softfloat.Exceptions;
import dev.backplane.x86.internal.softfloat.Rounding;
import dev.backplane.x86.internal.softfloat.SoftFloat;

/** Conversions between 80-bit numbers and the formats that memory holds: single, double, 16- to 64-bit integers. */
final class ExtendedConversion {
    /** What stands for an integer that does not fit, for each width: the most negative one. */
    private static final long INDEFINITE = Long.MIN_VALUE;

    private ExtendedConversion() {}

    /** Widens a single for arithmetic: exact, NaNs keep their kind, a denormal is noted but raises nothing yet. */
    static void fromSingle(Extended x, int bits) {
        widen(x, bits < 0, bits >>> 23 & 0xFF, (long) bits << 41 >>> 1, 0xFF, 127);
    }

    /** Widens a double for arithmetic, as {@link #fromSingle}. */
    static void fromDouble(Extended x, long bits) {
        widen(x, bits < 0, (int) (bits >>> 52) & 0x7FF, bits << 12 >>> 1, 0x7FF, 1023);
    }

    private static void widen(Extended x, boolean negative, int biased, long fraction, int special, int bias) {
        int sign = negative ? Extended.SIGN : 0;
        if (biased == special) {
            x.set(Extended.INTEGER_BIT | fraction, sign | Extended.EXPONENT);
        } else if (biased != 0) {
            x.set(Extended.INTEGER_BIT | fraction, sign | biased - bias + Extended.BIAS);
        } else if (fraction == 0) {
            x.set(0, sign);
        } else {
            x.narrowDenormal = true;
            int shift = Long.numberOfLeadingZeros(fraction);
            x.set(fraction << shift, sign | 1 - bias + Extended.BIAS - shift);
        }
    }

    /** Ends a load (FLD) of a widened number: it quiets a signaling NaN, and reports that or a denormal. */
    static void finishLoad(Extended x) {
        if (Extended.isSignaling(x.significand, x.signExponent)) {
            x.raised |= Exceptions.INVALID;
            x.significand |= Extended.QUIET_BIT;
        } else if (x.narrowDenormal) {
            x.raised |= Exceptions.DENORMAL;
        }
    }

    /** Makes a number of a signed integer: exact. */
    static void fromInteger(Extended x, long value) {
        fromMagnitude(x, Math.abs(value), value < 0);
    }

    /** Makes a number of an unsigned integer and a sign: exact; zero keeps the sign. */
    static void fromMagnitude(Extended x, long magnitude, boolean negative) {
        int sign = negative ? Extended.SIGN : 0;
        int shift = Long.numberOfLeadingZeros(magnitude);
        x.set(magnitude << shift, magnitude == 0 ? sign : sign | Extended.BIAS + 63 - shift);
    }

    /** Narrows to a single, rounding as the control word says. After an unmasked overflow or underflow it means nothing. */
    static int toSingle(Extended x, long a, int aSe) {
        return (int) narrow(x, a, aSe, 24, 127);
    }

    /** Narrows to a double, as {@link #toSingle}. */
    static long toDouble(Extended x, long a, int aSe) {
        return narrow(x, a, aSe, 53, 1023);
    }

    private static long narrow(Extended x, long a, int aSe, int bits, int bias) {
        int fractionBits = bits - 1;
        int signShift = bits == 24 ? 31 : 63;
        long infinity = (2L * bias + 1) << fractionBits;
        if (Extended.isUnsupported(a, aSe) || Extended.isNaN(a, aSe)) {
            x.notANumber(a, aSe);
            long sign = (long) (x.signExponent >>> 15) << signShift;
            return sign | infinity | x.significand << 1 >>> 64 - fractionBits;
        }
        long sign = (long) (aSe >>> 15) << signShift;
        if (Extended.isInfinity(a, aSe)) {
            return sign | infinity;
        }
        if (a == 0) {
            return sign;
        }
        SoftFloat soft = x.soft;
        soft.set(Extended.isNegative(aSe), Extended.exponent(a, aSe), Extended.normalised(a));
        soft.round(bits, x.rounding(), 1 - bias, bias, x.masked(Exceptions.UNDERFLOW));
        if (!x.masked(soft.raised & (Exceptions.OVERFLOW | Exceptions.UNDERFLOW))) {
            x.raised |= soft.raised & ~Exceptions.INEXACT;
            return 0;
        }
        x.raised |= soft.raised;
        x.roundedUp = soft.roundedUp;
        if ((soft.raised & Exceptions.OVERFLOW) != 0) {
            x.raised |= Exceptions.INEXACT;
            x.roundedUp = Rounding.overflowsToInfinity(x.rounding(), soft.negative);
            return sign | infinity - (x.roundedUp ? 0 : 1);
        }
        long biased = soft.high < 0 ? soft.exponent + bias : 0;
        return sign | biased << fractionBits | soft.high << 1 >>> 64 - fractionBits;
    }

    /**
     * Rounds to a signed integer. What does not fit, NaNs included, is an invalid operation and gives the most negative
     * integer of the width.
     *
     * @param width 16, 32 or 64
     * @param mode the rounding mode; FISTTP always passes {@link Rounding#ZERO}
     */
    static long toInteger(Extended x, long a, int aSe, int width, int mode) {
        long indefinite = INDEFINITE >> 64 - width;
        int exponent = aSe & Extended.EXPONENT;
        if (exponent >= Extended.BIAS + 64 || Extended.isUnsupported(a, aSe)) {
            x.raised |= Exceptions.INVALID;
            return indefinite;
        }
        long magnitude = toMagnitude(x, a, aSe, mode);
        boolean negative = Extended.isNegative(aSe);
        long limit = negative ? indefinite : ~indefinite;
        long value = negative ? -magnitude : magnitude;
        if (Long.compareUnsigned(magnitude, negative ? -limit : limit) > 0) {
            x.raised = x.raised & ~Exceptions.INEXACT | Exceptions.INVALID;
            x.roundedUp = false;
            return indefinite;
        }
        return value;
    }

    /** Rounds the magnitude of a number below 2^64 to an unsigned integer. */
    static long toMagnitude(Extended x, long a, int aSe, int mode) {
        int shift = Extended.BIAS + 63 - Math.max(1, aSe & Extended.EXPONENT);
        if (shift == 0 || a == 0) {
            return a;
        }
        long whole = shift < 64 ? a >>> shift : 0;
        long fraction = shift < 64 ? a << -shift : shift == 64 ? a : 1;
        if (fraction == 0) {
            return whole;
        }
        x.raised |= Exceptions.INEXACT;
        x.roundedUp = switch (mode) {
            case Rounding.NEAREST -> fraction < 0 && (fraction != Long.MIN_VALUE || (whole & 1) != 0);
            case Rounding.DOWN -> Extended.isNegative(aSe);
            case Rounding.UP -> !Extended.isNegative(aSe);
            default -> false;
        };
        return x.roundedUp ? whole + 1 : whole;
    }
}
