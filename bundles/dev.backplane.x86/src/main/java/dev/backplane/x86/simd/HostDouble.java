package dev.backplane.x86.simd;

import dev.backplane.x86.internal.softfloat.Exceptions;

/**
 * Double-precision arithmetic by the host's own, where that gives result and flags: nearest rounding, exceptions masked,
 * operands and result normal or zero. Whether a result was rounded is found out only as long as the sticky inexact flag
 * is not set. Everything else goes to {@link SseArithmetic}.
 */
final class HostDouble {
    private static final int FRACTION_BITS = 52;
    private static final int PRECISION = 53;
    private static final long SMALLEST_NORMAL = 1L << FRACTION_BITS;
    private static final long INFINITY = 0x7FFL << FRACTION_BITS;

    private HostDouble() {}

    static long add(SseUnit u, long a, long b) {
        if (u.fast && isNotDenormal(a) && isNotDenormal(b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double sum = x + y;
            if (isNormal(sum) || sum == 0) {
                noteRoundedSum(u, x, y, sum);
                return Double.doubleToRawLongBits(sum);
            }
        }
        return SseArithmetic.add(u, Format.DOUBLE, a, b);
    }

    static long subtract(SseUnit u, long a, long b) {
        if (u.fast && isNotDenormal(a) && isNotDenormal(b)) {
            double x = Double.longBitsToDouble(a);
            double y = Double.longBitsToDouble(b);
            double difference = x - y;
            if (isNormal(difference) || difference == 0) {
                noteRoundedSum(u, x, -y, difference);
                return Double.doubleToRawLongBits(difference);
            }
        }
        return SseArithmetic.subtract(u, Format.DOUBLE, a, b);
    }

    /** The error of a rounded sum is itself a double: it is computed without rounding. */
    private static void noteRoundedSum(SseUnit u, double x, double y, double sum) {
        if (!u.inexactKnown) {
            double partOfY = sum - x;
            if ((x - (sum - partOfY)) + (y - partOfY) != 0) {
                u.raised |= Exceptions.INEXACT;
            }
        }
    }

    static long multiply(SseUnit u, long a, long b) {
        if (u.fast && isNotDenormal(a) && isNotDenormal(b)) {
            double product = Double.longBitsToDouble(a) * Double.longBitsToDouble(b);
            if (isNormal(product) || product == 0 && (a << 1 == 0 || b << 1 == 0)) {
                if (!u.inexactKnown && product != 0 && !isExact(oddPart(a), oddPart(b), 0)) {
                    u.raised |= Exceptions.INEXACT;
                }
                return Double.doubleToRawLongBits(product);
            }
        }
        return SseArithmetic.multiply(u, Format.DOUBLE, a, b);
    }

    static long divide(SseUnit u, long a, long b) {
        if (u.fast && isNotDenormal(a) && isNotDenormal(b)) {
            double quotient = Double.longBitsToDouble(a) / Double.longBitsToDouble(b);
            if (isNormal(quotient) || quotient == 0 && a << 1 == 0) {
                long bits = Double.doubleToRawLongBits(quotient);
                if (!u.inexactKnown && quotient != 0 && !isExact(oddPart(bits), oddPart(b), oddPart(a))) {
                    u.raised |= Exceptions.INEXACT;
                }
                return bits;
            }
        }
        return SseArithmetic.divide(u, Format.DOUBLE, a, b);
    }

    static long squareRoot(SseUnit u, long a) {
        if (u.fast && isNotDenormal(a)) {
            double root = Math.sqrt(Double.longBitsToDouble(a));
            if (isNormal(root)) {
                long bits = Double.doubleToRawLongBits(root);
                if (!u.inexactKnown && !isExact(oddPart(bits), oddPart(bits), oddPart(a))) {
                    u.raised |= Exceptions.INEXACT;
                }
                return bits;
            }
        }
        return SseArithmetic.squareRoot(u, Format.DOUBLE, a);
    }

    /** Whether the product of two odd significands fits a double, or is the given one where that is not zero. */
    private static boolean isExact(long a, long b, long expected) {
        int bits = 128 - Long.numberOfLeadingZeros(a) - Long.numberOfLeadingZeros(b);
        if (bits > PRECISION + 1) {
            return false;
        }
        long product = a * b;
        return expected == 0 ? product >>> PRECISION == 0 : product == expected;
    }

    /** The significand of a normal number without its trailing zeros. */
    private static long oddPart(long a) {
        long significand = a & SMALLEST_NORMAL - 1 | SMALLEST_NORMAL;
        return significand >>> Long.numberOfTrailingZeros(significand);
    }

    /** True for zeros too. */
    static boolean isNotDenormal(long a) {
        return (a << 1) - 1 + Long.MIN_VALUE >= (SMALLEST_NORMAL << 1) - 1 + Long.MIN_VALUE;
    }

    /** Not true for the smallest normal number: a result below it may have been rounded up to it. */
    static boolean isNormal(double value) {
        long magnitude = Double.doubleToRawLongBits(value) & Long.MAX_VALUE;
        return magnitude > SMALLEST_NORMAL && magnitude < INFINITY;
    }
}
