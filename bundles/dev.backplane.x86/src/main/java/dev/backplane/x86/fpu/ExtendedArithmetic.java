package dev.backplane.x86.fpu;

import static dev.backplane.x86.fpu.Extended.exponent;
import static dev.backplane.x86.fpu.Extended.isInfinity;
import static dev.backplane.x86.fpu.Extended.isNegative;
import static dev.backplane.x86.fpu.Extended.normalised;

import dev.backplane.x86.internal.softfloat.Exceptions;
import dev.backplane.x86.internal.softfloat.Rounding;

/** FADD, FSUB, FMUL, FDIV and FSQRT on 80-bit numbers. Operand significands and sign-exponent words come in pairs. */
final class ExtendedArithmetic {
    private ExtendedArithmetic() {}

    static void add(Extended x, long a, int aSe, long b, int bSe) {
        if (!x.notANumber(a, aSe, b, bSe)) {
            addNumbers(x, a, aSe, b, bSe);
        }
    }

    static void subtract(Extended x, long a, int aSe, long b, int bSe) {
        if (!x.notANumber(a, aSe, b, bSe)) {
            addNumbers(x, a, aSe, b, bSe ^ Extended.SIGN);
        }
    }

    private static void addNumbers(Extended x, long a, int aSe, long b, int bSe) {
        boolean infiniteA = isInfinity(a, aSe);
        boolean infiniteB = isInfinity(b, bSe);
        boolean negativeA = isNegative(aSe);
        boolean negativeB = isNegative(bSe);
        if (infiniteA && infiniteB && negativeA != negativeB) {
            x.invalid();
        } else if (x.denormal(a, aSe, b, bSe)) {
            return;
        } else if (infiniteA) {
            x.set(a, aSe);
        } else if (infiniteB) {
            x.set(b, bSe);
        } else if (a == 0 && b == 0) {
            x.setZero(negativeA == negativeB ? negativeA : x.rounding() == Rounding.DOWN);
        } else if (b == 0) {
            x.soft.set(negativeA, exponent(a, aSe), normalised(a));
            x.packAtPrecision();
        } else if (a == 0) {
            x.soft.set(negativeB, exponent(b, bSe), normalised(b));
            x.packAtPrecision();
        } else {
            x.soft.add(negativeA, exponent(a, aSe), normalised(a), negativeB, exponent(b, bSe), normalised(b));
            if (x.soft.high == 0) {
                x.setZero(x.rounding() == Rounding.DOWN);
            } else {
                x.packAtPrecision();
            }
        }
    }

    static void multiply(Extended x, long a, int aSe, long b, int bSe) {
        if (x.notANumber(a, aSe, b, bSe)) {
            return;
        }
        boolean negative = isNegative(aSe ^ bSe);
        boolean infinite = isInfinity(a, aSe) || isInfinity(b, bSe);
        boolean zero = a == 0 || b == 0;
        if (infinite && zero) {
            x.invalid();
        } else if (x.denormal(a, aSe, b, bSe)) {
            return;
        } else if (infinite) {
            x.setInfinity(negative);
        } else if (zero) {
            x.setZero(negative);
        } else {
            x.soft.multiply(
                    isNegative(aSe), exponent(a, aSe), normalised(a), isNegative(bSe), exponent(b, bSe), normalised(b));
            x.packAtPrecision();
        }
    }

    static void divide(Extended x, long a, int aSe, long b, int bSe) {
        if (x.notANumber(a, aSe, b, bSe)) {
            return;
        }
        boolean negative = isNegative(aSe ^ bSe);
        boolean infiniteA = isInfinity(a, aSe);
        boolean infiniteB = isInfinity(b, bSe);
        if (infiniteA && infiniteB || a == 0 && b == 0) {
            x.invalid();
        } else if (b == 0 && !infiniteA) {
            x.raised |= Exceptions.ZERO_DIVIDE;
            x.setInfinity(negative);
        } else if (x.denormal(a, aSe, b, bSe)) {
            return;
        } else if (infiniteA) {
            x.setInfinity(negative);
        } else if (infiniteB || a == 0) {
            x.setZero(negative);
        } else {
            x.soft.divide(
                    isNegative(aSe), exponent(a, aSe), normalised(a), isNegative(bSe), exponent(b, bSe), normalised(b));
            x.packAtPrecision();
        }
    }

    static void squareRoot(Extended x, long a, int aSe) {
        if (x.notANumber(a, aSe)) {
            return;
        }
        if (a != 0 && isNegative(aSe)) {
            x.invalid();
        } else if (x.denormal(a, aSe)) {
            return;
        } else if (a == 0 || isInfinity(a, aSe)) {
            x.set(a, aSe);
        } else {
            x.soft.squareRoot(exponent(a, aSe), normalised(a));
            x.packAtPrecision();
        }
    }
}
