package dev.backplane.x86.simd;

import dev.backplane.x86.internal.softfloat.Exceptions;

/** Single-precision arithmetic by the host's own, under the same conditions as {@link HostDouble}. */
final class HostSingle {
    private static final long LOW_32 = 0xFFFF_FFFFL;

    private HostSingle() {}

    static int add(SseUnit u, int a, int b) {
        if (u.fast && isNotDenormal(a) && isNotDenormal(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            float sum = x + y;
            if (isNormal(sum) || sum == 0) {
                noteRoundedSum(u, x, y, sum);
                return Float.floatToRawIntBits(sum);
            }
        }
        return (int) SseArithmetic.add(u, Format.SINGLE, a & LOW_32, b & LOW_32);
    }

    static int subtract(SseUnit u, int a, int b) {
        if (u.fast && isNotDenormal(a) && isNotDenormal(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            float difference = x - y;
            if (isNormal(difference) || difference == 0) {
                noteRoundedSum(u, x, -y, difference);
                return Float.floatToRawIntBits(difference);
            }
        }
        return (int) SseArithmetic.subtract(u, Format.SINGLE, a & LOW_32, b & LOW_32);
    }

    private static void noteRoundedSum(SseUnit u, float x, float y, float sum) {
        if (!u.inexactKnown) {
            float partOfY = sum - x;
            if ((x - (sum - partOfY)) + (y - partOfY) != 0) {
                u.raised |= Exceptions.INEXACT;
            }
        }
    }

    static int multiply(SseUnit u, int a, int b) {
        if (u.fast && isNotDenormal(a) && isNotDenormal(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            float product = x * y;
            if (isNormal(product) || product == 0 && (x == 0 || y == 0)) {
                if (!u.inexactKnown && (double) x * y != product) {
                    u.raised |= Exceptions.INEXACT;
                }
                return Float.floatToRawIntBits(product);
            }
        }
        return (int) SseArithmetic.multiply(u, Format.SINGLE, a & LOW_32, b & LOW_32);
    }

    static int divide(SseUnit u, int a, int b) {
        if (u.fast && isNotDenormal(a) && isNotDenormal(b)) {
            float x = Float.intBitsToFloat(a);
            float y = Float.intBitsToFloat(b);
            float quotient = x / y;
            if (isNormal(quotient) || quotient == 0 && x == 0) {
                if (!u.inexactKnown && quotient != 0 && (double) quotient * y != x) {
                    u.raised |= Exceptions.INEXACT;
                }
                return Float.floatToRawIntBits(quotient);
            }
        }
        return (int) SseArithmetic.divide(u, Format.SINGLE, a & LOW_32, b & LOW_32);
    }

    static int squareRoot(SseUnit u, int a) {
        if (u.fast && isNotDenormal(a)) {
            float x = Float.intBitsToFloat(a);
            float root = (float) Math.sqrt(x);
            if (isNormal(root)) {
                if (!u.inexactKnown && (double) root * root != x) {
                    u.raised |= Exceptions.INEXACT;
                }
                return Float.floatToRawIntBits(root);
            }
        }
        return (int) SseArithmetic.squareRoot(u, Format.SINGLE, a & LOW_32);
    }

    /** True for zeros too. */
    static boolean isNotDenormal(int a) {
        return (a << 1) - 1 + Integer.MIN_VALUE >= 0x00FF_FFFF + Integer.MIN_VALUE;
    }

    /** Not true for the smallest normal number: a result below it may have been rounded up to it. */
    static boolean isNormal(float value) {
        int magnitude = Float.floatToRawIntBits(value) & Integer.MAX_VALUE;
        return magnitude > 0x0080_0000 && magnitude < 0x7F80_0000;
    }
}
