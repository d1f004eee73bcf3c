package dev.backplane.x86.fpu;

import dev.backplane.x86.internal.softfloat.Precise;
import dev.backplane.x86.internal.softfloat.Series;

/**
 * The transcendental functions on finite numbers that are not zero, to some 120 bits: special operands, rounding and
 * exceptions are the callers'. One for each unit; allocates nothing once it is made.
 */
final class Elementary {
    /** From here on the trigonometric functions leave their operand alone. */
    static final int FIRST_EXPONENT_OUT_OF_RANGE = 63;

    private static final Precise PI = new Precise(1, 0xC90F_DAA2_2168_C234L, 0xC4C6_628B_80DC_1CD1L);
    private static final Precise LN_2 = new Precise(-1, 0xB172_17F7_D1CF_79ABL, 0xC9E3_B398_03F2_F6AFL);
    private static final Precise LOG2_E = new Precise(0, 0xB8AA_3B29_5C17_F0BBL, 0xBE87_FED0_691D_3E88L);

    /** The significand of pi to 66 bits, which is what the processors reduce arguments with (SDM volume 1, 8.3.8). */
    private static final long PI_HIGH = 0xC90F_DAA2_2168_C234L;

    private static final long PI_LOW = 0xC000_0000_0000_0000L;

    /** The significand of the square root of two: above it a logarithm's operand is halved. */
    private static final long ROOT_2 = 0xB504_F333_F9DE_6484L;

    private static final int STEPS = 8;
    private static final Precise[] ARC_TANGENTS = arcTangents();

    private final Series series = new Series();
    private final Precise argument = new Precise();
    private final Precise other = new Precise();
    private final Precise quotient = new Precise();
    private int quadrant;

    /** The last result. */
    final Precise result = new Precise();

    /** Inverse tangents of the multiples of 1/8 up to one, each from the one before by the addition theorem. */
    private static Precise[] arcTangents() {
        var series = new Series();
        var table = new Precise[STEPS + 1];
        table[0] = new Precise();
        for (int k = 1; k <= STEPS; k++) {
            var step = new Precise().set(STEPS);
            step.divide(new Precise().set(STEPS * STEPS + k * (k - 1)));
            table[k] = new Precise();
            series.arcTangent(table[k], step);
            table[k].add(table[k - 1]);
        }
        return table;
    }

    /** 2^a - 1, for a between -1 and 1. */
    void expMinusOne(long a, int aSe) {
        load(argument, a, aSe).multiply(LN_2);
        series.expMinusOne(result, argument);
    }

    /** b times the binary logarithm of a, which is positive and not one. */
    void logarithm(long a, int aSe, long b, int bSe) {
        load(argument, a, aSe);
        logarithmOfArgument();
        result.multiply(load(other, b, bSe));
    }

    /** b times the binary logarithm of 1 + a, for an a above -1. */
    void logarithmPlusOne(long a, int aSe, long b, int bSe) {
        load(argument, a, aSe);
        if (argument.exponent >= -2) {
            argument.add(other.set(1));
            logarithmOfArgument();
        } else {
            other.set(2).add(argument);
            argument.divide(other);
            series.areaTangent(result, argument);
            result.multiply(LOG2_E).scale(1);
        }
        result.multiply(load(other, b, bSe));
    }

    private void logarithmOfArgument() {
        int power = argument.exponent;
        argument.exponent = 0;
        if (Long.compareUnsigned(argument.high, ROOT_2) > 0) {
            argument.exponent = -1;
            power++;
        }
        other.set(1).add(argument);
        quotient.set(1);
        argument.subtract(quotient).divide(other);
        series.areaTangent(result, argument);
        result.multiply(LOG2_E).scale(1);
        result.add(other.set(power));
    }

    /** The angle of the point (x, y), between -pi and pi; a coordinate may be zero, not both. */
    void arcTangent(long y, int ySe, long x, int xSe) {
        load(argument, y, ySe & Extended.EXPONENT);
        load(other, x, xSe & Extended.EXPONENT);
        boolean steep = exceeds(argument, other);
        if (steep) {
            quotient.set(other);
            other.set(argument);
            argument.set(quotient);
        }
        argument.divide(other);
        arcTangentBelowOne();
        if (steep) {
            result.negate();
            result.add(other.set(PI).scale(-1));
        }
        if (Extended.isNegative(xSe)) {
            result.negate();
            result.add(PI);
        }
        result.negative = Extended.isNegative(ySe);
    }

    private static boolean exceeds(Precise a, Precise b) {
        return b.isZero()
                || !a.isZero()
                        && (a.exponent != b.exponent
                                ? a.exponent > b.exponent
                                : Long.compareUnsigned(a.high, b.high) > 0);
    }

    /** The inverse tangent of the argument, from the nearest of the tabulated ones below it. */
    private void arcTangentBelowOne() {
        int exponent = argument.exponent;
        int k = argument.isZero() || exponent < -4 ? 0 : (int) (argument.high >>> 63 - exponent - 4) + 1 >> 1;
        if (k == 0) {
            series.arcTangent(result, argument);
            return;
        }
        // (t - k/8) / (1 + t k/8) = (8 t - k) / (8 + k t)
        other.set(k);
        quotient.set(argument).multiply(other).add(other.set(STEPS));
        argument.scale(3).subtract(other.set(k));
        argument.divide(quotient);
        series.arcTangent(result, argument);
        result.add(ARC_TANGENTS[k]);
    }

    /** Prepares {@link #sine}, {@link #cosine} and {@link #tangent} of an operand that is in range. */
    void reduce(long a, int aSe) {
        quadrant = 0;
        load(argument, a, aSe);
        boolean negative = argument.negative;
        argument.negative = false;
        if (argument.exponent >= -1) {
            reduceByQuadrants();
        }
        if (negative) {
            argument.negate();
            quadrant = -quadrant;
        }
    }

    /** Takes away multiples of half of the 66-bit pi, without any error, until less than a quarter is left. */
    private void reduceByQuadrants() {
        // Units of the last place of pi / 2, whose exponent is 0: the operand is an integer of them, times a power of
        // two.
        long restHigh = argument.high;
        long restLow = argument.low;
        int shift = argument.exponent;
        int count = 0;
        if (shift < 0) {
            restLow = restLow >>> 1 | restHigh << 63;
            restHigh >>>= 1;
            shift = 0;
        }
        boolean carry = false;
        for (int i = shift; i >= 0; i--) {
            count <<= 1;
            if (carry || !isBelowPi(restHigh, restLow)) {
                restHigh -= PI_HIGH + (Long.compareUnsigned(restLow, PI_LOW) < 0 ? 1 : 0);
                restLow -= PI_LOW;
                count++;
            }
            if (i > 0) {
                carry = restHigh < 0;
                restHigh = restHigh << 1 | restLow >>> 63;
                restLow <<= 1;
            }
        }
        // More than a quarter of pi left: one more quadrant, and the rest is negative.
        boolean above = Long.compareUnsigned(restHigh, PI_HIGH >>> 1) >= 0;
        if (above) {
            count++;
            restHigh = PI_HIGH - restHigh - (Long.compareUnsigned(PI_LOW, restLow) < 0 ? 1 : 0);
            restLow = PI_LOW - restLow;
        }
        quadrant = count;
        argument.set(false, 63, 0, 0);
        int zeros = restHigh != 0 ? Long.numberOfLeadingZeros(restHigh) : 64 + Long.numberOfLeadingZeros(restLow);
        if (zeros < 128) {
            long high = zeros < 64 ? restHigh << zeros | (zeros == 0 ? 0 : restLow >>> -zeros) : restLow << zeros;
            argument.set(above, -zeros, high, zeros < 64 ? restLow << zeros : 0);
        }
    }

    private static boolean isBelowPi(long high, long low) {
        int order = Long.compareUnsigned(high, PI_HIGH);
        return order < 0 || order == 0 && Long.compareUnsigned(low, PI_LOW) < 0;
    }

    void sine() {
        trigonometric(result, quadrant);
    }

    void cosine() {
        trigonometric(result, quadrant + 1);
    }

    void tangent() {
        trigonometric(other, quadrant + 1);
        trigonometric(result, quadrant);
        result.divide(other);
    }

    /** The sine of the reduced argument plus so many quarters of a turn. */
    private void trigonometric(Precise target, int quarters) {
        if ((quarters & 1) == 0) {
            series.sine(target, argument);
        } else {
            series.cosine(target, argument);
        }
        if ((quarters & 2) != 0) {
            target.negate();
        }
    }

    private static Precise load(Precise target, long a, int aSe) {
        if (a == 0) {
            return target.set(0);
        }
        return target.set(Extended.isNegative(aSe), Extended.exponent(a, aSe), Extended.normalised(a), 0);
    }
}
