package dev.backplane.x86.fpu;

import dev.backplane.x86.internal.softfloat.Exceptions;

/** Order and class of 80-bit numbers, as condition codes. */
final class ExtendedComparison {
    /** The first operand is less than the second: C0 (or CF). */
    static final int LESS = X87.C0;

    /** The operands are equal: C3 (or ZF). */
    static final int EQUAL = X87.C3;

    /** At least one operand is a NaN: C3, C2, C0 (or ZF, PF, CF). */
    static final int UNORDERED = X87.C3 | X87.C2 | X87.C0;

    private ExtendedComparison() {}

    /**
     * Compares, and raises invalid operation for signaling NaNs, for invalid encodings and, where the comparison is an
     * ordered one (FCOM), for quiet NaNs. A result of {@link #UNORDERED} counts only if the operation was not stopped.
     */
    static int compare(Extended x, long a, int aSe, long b, int bSe, boolean ordered) {
        if (Extended.isUnsupported(a, aSe) || Extended.isUnsupported(b, bSe)) {
            x.raised |= Exceptions.INVALID;
            return UNORDERED;
        }
        if (Extended.isNaN(a, aSe) || Extended.isNaN(b, bSe)) {
            if (ordered || Extended.isSignaling(a, aSe) || Extended.isSignaling(b, bSe)) {
                x.raised |= Exceptions.INVALID;
            }
            return UNORDERED;
        }
        x.denormal(a, aSe, b, bSe);
        if (a == 0 && b == 0) {
            return EQUAL;
        }
        boolean negative = Extended.isNegative(aSe);
        if (a == 0 || b == 0 || negative != Extended.isNegative(bSe)) {
            boolean less = a == 0 ? !Extended.isNegative(bSe) : negative;
            return less ? LESS : 0;
        }
        int order = compareMagnitudes(a, aSe, b, bSe);
        return order == 0 ? EQUAL : order < 0 != negative ? LESS : 0;
    }

    private static int compareMagnitudes(long a, int aSe, long b, int bSe) {
        int exponentA = Math.max(1, aSe & Extended.EXPONENT);
        int exponentB = Math.max(1, bSe & Extended.EXPONENT);
        return exponentA != exponentB ? Integer.compare(exponentA, exponentB) : Long.compareUnsigned(a, b);
    }

    /** The condition codes of FXAM (SDM volume 2A, table 3-33), for a register that is not empty. */
    static int examine(long a, int aSe) {
        int sign = Extended.isNegative(aSe) ? X87.C1 : 0;
        int exponent = aSe & Extended.EXPONENT;
        if (exponent == 0) {
            return sign | (a == 0 ? X87.C3 : X87.C3 | X87.C2);
        }
        if (a >= 0) {
            return sign;
        }
        if (exponent == Extended.EXPONENT) {
            return sign | (a == Extended.INTEGER_BIT ? X87.C2 | X87.C0 : X87.C0);
        }
        return sign | X87.C2;
    }
}
