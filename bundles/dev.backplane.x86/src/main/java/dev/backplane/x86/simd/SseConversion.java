package dev.backplane.x86.simd;

import dev.backplane.x86.internal.softfloat.Exceptions;
import dev.backplane.x86.internal.softfloat.Rounding;

/** Conversions between SSE's formats and integers, and ROUNDPS and its kin. */
final class SseConversion {
    private SseConversion() {}

    static long singleToDouble(SseUnit u, int single) {
        if (HostSingle.isNormal(Float.intBitsToFloat(single)) || single << 1 == 0) {
            return Double.doubleToRawLongBits(Float.intBitsToFloat(single));
        }
        Format from = Format.SINGLE;
        long a = u.operand(from, single & 0xFFFF_FFFFL);
        if (from.isNaN(a)) {
            long quieted = u.propagate(from, a, a);
            return (quieted & from.sign) << 32 | Format.DOUBLE.infinity | (quieted & from.fractionMask) << 29;
        }
        u.denormals(from, a, a);
        return Double.doubleToRawLongBits(Float.intBitsToFloat((int) a));
    }

    static int doubleToSingle(SseUnit u, long bits) {
        float host = (float) Double.longBitsToDouble(bits);
        if (u.fast && (HostSingle.isNormal(host) || bits << 1 == 0)) {
            if (host != Double.longBitsToDouble(bits)) {
                u.raised |= Exceptions.INEXACT;
            }
            return Float.floatToRawIntBits(host);
        }
        Format from = Format.DOUBLE;
        Format to = Format.SINGLE;
        long a = u.operand(from, bits);
        int sign = (int) (a >>> 32) & Integer.MIN_VALUE;
        if (from.isNaN(a)) {
            return sign | (int) (to.infinity | (u.propagate(from, a, a) & from.fractionMask) >>> 29);
        }
        if (from.isInfinity(a)) {
            return sign | (int) to.infinity;
        }
        if (from.isZero(a)) {
            return sign;
        }
        u.denormals(from, a, a);
        u.soft.set(from.isNegative(a), from.exponent(a), from.significand(a));
        return (int) u.pack(to);
    }

    /** A signed integer as a number of a format. */
    static long fromInteger(SseUnit u, Format f, long value) {
        if (value == 0) {
            return 0;
        }
        long magnitude = Math.abs(value);
        int shift = Long.numberOfLeadingZeros(magnitude);
        u.soft.set(value < 0, 63 - shift, magnitude << shift);
        return u.pack(f);
    }

    /**
     * A number as a signed integer of 32 or 64 bits. What does not fit is an invalid operation and gives the most negative
     * integer.
     *
     * @param truncate whether to cut off the fraction rather than round it as MXCSR says
     */
    static long toInteger(SseUnit u, Format f, long operand, int width, boolean truncate) {
        long a = u.operand(f, operand);
        long indefinite = Long.MIN_VALUE >> 64 - width;
        if (f.isZero(a)) {
            return 0;
        }
        int exponent = (int) (f.magnitude(a) >>> f.fractionBits) - f.bias;
        if (exponent >= 64) {
            u.raised |= Exceptions.INVALID;
            return indefinite;
        }
        int before = u.raised;
        boolean negative = f.isNegative(a);
        long magnitude = integer(u, f, a, truncate ? Rounding.ZERO : u.rounding());
        if (Long.compareUnsigned(magnitude, negative ? -indefinite : ~indefinite) > 0) {
            u.raised = before | Exceptions.INVALID;
            return indefinite;
        }
        return negative ? -magnitude : magnitude;
    }

    /** The magnitude of a number below 2^64, rounded to an integer. */
    private static long integer(SseUnit u, Format f, long a, int mode) {
        int exponent = f.exponent(a);
        long significand = f.significand(a);
        long whole = exponent >= 0 ? significand >>> 63 - exponent : 0;
        long fraction =
                exponent < -1 ? 1 : exponent == -1 ? significand : exponent == 63 ? 0 : significand << exponent + 1;
        if (fraction == 0) {
            return whole;
        }
        u.raised |= Exceptions.INEXACT;
        boolean up = switch (mode) {
            case Rounding.NEAREST -> fraction < 0 && (fraction != Long.MIN_VALUE || (whole & 1) != 0);
            case Rounding.DOWN -> f.isNegative(a);
            case Rounding.UP -> !f.isNegative(a);
            default -> false;
        };
        return up ? whole + 1 : whole;
    }

    /**
     * A number rounded to an integer of the same format.
     *
     * @param control ROUNDPS's immediate: bits 0-1 the mode, bit 2 to take MXCSR's instead, bit 3 to be silent about it
     */
    static long round(SseUnit u, Format f, long operand, int control) {
        long a = u.operand(f, operand);
        if (f.isNaN(a)) {
            return u.propagate(f, a, a);
        }
        if (f.isZero(a) || (f.magnitude(a) >>> f.fractionBits) >= f.bias + f.fractionBits) {
            return a;
        }
        int before = u.raised;
        long magnitude = integer(u, f, a, (control & 4) != 0 ? u.rounding() : control & 3);
        if ((control & 8) != 0) {
            u.raised = before;
        }
        long sign = a & f.sign;
        if (magnitude == 0) {
            return sign;
        }
        int shift = Long.numberOfLeadingZeros(magnitude);
        return sign | (long) (63 - shift + f.bias) << f.fractionBits | magnitude << shift << 1 >>> 64 - f.fractionBits;
    }
}
