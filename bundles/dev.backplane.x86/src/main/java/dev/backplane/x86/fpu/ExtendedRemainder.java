package dev.backplane.x86.fpu;

import static dev.backplane.x86.fpu.Extended.exponent;
import static dev.backplane.x86.fpu.Extended.isInfinity;
import static dev.backplane.x86.fpu.Extended.isNegative;
import static dev.backplane.x86.fpu.Extended.normalised;

/** FPREM and FPREM1: the exact remainder, or a step towards it where the exponents are far apart. */
final class ExtendedRemainder {
    /** The exponent difference from which the instruction only reduces the operand in part. */
    private static final int LONGEST = 64;

    private ExtendedRemainder() {}

    /**
     * The remainder of a / b.
     *
     * @param nearest whether the quotient is rounded to nearest (FPREM1) or cut off (FPREM)
     * @return condition codes: C2 when the reduction is not complete, else the three low bits of the quotient; -1 where
     *     there is no remainder
     */
    static int remainder(Extended x, long a, int aSe, long b, int bSe, boolean nearest) {
        if (x.notANumber(a, aSe, b, bSe)) {
            return -1;
        }
        if (isInfinity(a, aSe) || b == 0) {
            x.invalid();
            return -1;
        }
        if (x.denormal(a, aSe, b, bSe)) {
            return -1;
        }
        if (a == 0) {
            x.set(a, aSe);
            return 0;
        }
        int exponentA = exponent(a, aSe);
        if (isInfinity(b, bSe)) {
            x.soft.set(isNegative(aSe), exponentA, normalised(a));
            x.pack(64);
            return 0;
        }
        int distance = exponentA - exponent(b, bSe);
        long rest = normalised(a);
        long divisor = normalised(b);
        if (distance >= LONGEST) {
            int steps = 32 + (distance & 31);
            reduce(x, rest, divisor, steps, isNegative(aSe), exponentA);
            return X87.C2;
        }
        return finish(x, rest, divisor, distance, nearest, isNegative(aSe), exponentA);
    }

    /** Takes away quotient bits from the top, as many as steps says plus one. */
    private static void reduce(Extended x, long a, long divisor, int steps, boolean negative, int exponentA) {
        long rest = a;
        if (Long.compareUnsigned(rest, divisor) >= 0) {
            rest -= divisor;
        }
        for (int i = 0; i < steps; i++) {
            boolean carry = rest < 0;
            rest <<= 1;
            if (carry || Long.compareUnsigned(rest, divisor) >= 0) {
                rest -= divisor;
            }
        }
        pack(x, rest, negative, exponentA - steps);
    }

    private static int finish(
            Extended x, long a, long divisor, int distance, boolean nearest, boolean negative, int exponentA) {
        if (distance < 0) {
            return finishBelow(x, a, divisor, distance, nearest, negative, exponentA);
        }
        long rest = a;
        int quotient = 0;
        if (Long.compareUnsigned(rest, divisor) >= 0) {
            rest -= divisor;
            quotient = 1;
        }
        for (int i = 0; i < distance; i++) {
            boolean carry = rest < 0;
            rest <<= 1;
            quotient <<= 1;
            if (carry || Long.compareUnsigned(rest, divisor) >= 0) {
                rest -= divisor;
                quotient |= 1;
            }
        }
        int order = Long.compareUnsigned(rest, divisor - rest);
        boolean up = nearest && (order > 0 || order == 0 && (quotient & 1) != 0);
        pack(x, up ? divisor - rest : rest, negative != up, exponentA - distance);
        return conditionCodes(up ? quotient + 1 : quotient);
    }

    /** The dividend is smaller than the divisor: the quotient is 0, or 1 where more than a half is rounded up. */
    private static int finishBelow(
            Extended x, long a, long divisor, int distance, boolean nearest, boolean negative, int exponentA) {
        boolean up = nearest && distance == -1 && Long.compareUnsigned(a, divisor) > 0;
        pack(x, up ? 2 * divisor - a : a, negative != up, exponentA);
        return conditionCodes(up ? 1 : 0);
    }

    private static int conditionCodes(int quotient) {
        return ((quotient & 4) != 0 ? X87.C0 : 0)
                | ((quotient & 2) != 0 ? X87.C3 : 0)
                | ((quotient & 1) != 0 ? X87.C1 : 0);
    }

    private static void pack(Extended x, long rest, boolean negative, int exponent) {
        if (rest == 0) {
            x.setZero(negative);
            return;
        }
        int shift = Long.numberOfLeadingZeros(rest);
        x.soft.set(negative, exponent - shift, rest << shift);
        x.pack(64);
    }
}
