package dev.backplane.x86.fpu;

import static dev.backplane.x86.fpu.Extended.isInfinity;
import static dev.backplane.x86.fpu.Extended.isNegative;

import dev.backplane.x86.internal.softfloat.Exceptions;
import dev.backplane.x86.internal.softfloat.Precise;

/**
 * F2XM1, FYL2X, FYL2XP1, FPATAN, FPTAN, FSIN, FCOS and FSINCOS (SDM volume 1, 8.3.8): what they do with special operands, and
 * the rounding of what {@link Elementary} computes. Always to 64 bits, whatever the precision control says.
 */
final class FpuTranscendentals {
    private static final long ONE = Extended.INTEGER_BIT;
    private static final Precise QUARTER_TURN = new Precise(0, 0xC90F_DAA2_2168_C234L, 0xC4C6_628B_80DC_1CD1L);

    private FpuTranscendentals() {}

    static void exponential(Fpu f) {
        if (!FpuFunctions.startUnary(f)) {
            return;
        }
        long a = f.significand(0);
        int aSe = f.signExponent(0);
        Extended x = f.x;
        if (!x.notANumber(a, aSe) && !x.denormal(a, aSe)) {
            if (a == 0) {
                x.set(a, aSe);
            } else if (isInfinity(a, aSe)) {
                if (isNegative(aSe)) {
                    x.set(ONE, Extended.BIAS | Extended.SIGN);
                } else {
                    x.set(a, aSe);
                }
            } else if (isBeyondOne(a, aSe)) {
                leave(x, a, aSe);
            } else {
                f.elementary.expMinusOne(a, aSe);
                pack(x, f.elementary.result);
            }
        }
        FpuFunctions.finish(f);
    }

    static void logarithm(Fpu f) {
        if (!startBinary(f)) {
            return;
        }
        long a = f.significand(0);
        int aSe = f.signExponent(0);
        long b = f.significand(1);
        int bSe = f.signExponent(1);
        Extended x = f.x;
        if (!x.notANumber(b, bSe, a, aSe)) {
            boolean negative = isNegative(bSe) != isBelowOne(a, aSe);
            boolean one = a == ONE && aSe == Extended.BIAS;
            if (a != 0 && isNegative(aSe) || isInfinity(b, bSe) && one || b == 0 && (a == 0 || isInfinity(a, aSe))) {
                x.invalid();
            } else if (a == 0 && !isInfinity(b, bSe)) {
                x.raised |= Exceptions.ZERO_DIVIDE;
                x.setInfinity(negative);
            } else if (!x.denormal(a, aSe, b, bSe)) {
                if (isInfinity(a, aSe) || isInfinity(b, bSe)) {
                    x.setInfinity(negative);
                } else if (b == 0 || one) {
                    x.setZero(negative);
                } else {
                    f.elementary.logarithm(a, aSe, b, bSe);
                    pack(x, f.elementary.result);
                }
            }
        }
        finishPopping(f);
    }

    /** The result for an operand for which the manual defines none: processors leave it as it is. */
    private static void leave(Extended x, long a, int aSe) {
        x.raised |= Exceptions.INEXACT;
        x.set(a, aSe);
    }

    private static boolean isBeyondOne(long a, int aSe) {
        return !isBelowOne(a, aSe) && ((aSe & Extended.EXPONENT) != Extended.BIAS || a != ONE);
    }

    private static boolean isBelowOne(long a, int aSe) {
        return (aSe & Extended.EXPONENT) < Extended.BIAS;
    }

    static void logarithmPlusOne(Fpu f) {
        if (!startBinary(f)) {
            return;
        }
        long a = f.significand(0);
        int aSe = f.signExponent(0);
        long b = f.significand(1);
        int bSe = f.signExponent(1);
        Extended x = f.x;
        if (!x.notANumber(b, bSe, a, aSe)) {
            boolean negative = isNegative(aSe ^ bSe);
            if (a == 0 && isInfinity(b, bSe) || isInfinity(a, aSe) && (b == 0 || isNegative(aSe))) {
                x.invalid();
            } else if (!x.denormal(a, aSe, b, bSe)) {
                if (isInfinity(a, aSe) || isInfinity(b, bSe)) {
                    x.setInfinity(negative);
                } else if (a == 0 || b == 0) {
                    x.setZero(negative);
                } else if (isNegative(aSe) && !isBelowOne(a, aSe)) {
                    leave(x, a, aSe);
                } else {
                    f.elementary.logarithmPlusOne(a, aSe, b, bSe);
                    pack(x, f.elementary.result);
                }
            }
        }
        finishPopping(f);
    }

    static void arcTangent(Fpu f) {
        if (!startBinary(f)) {
            return;
        }
        long a = f.significand(0);
        int aSe = f.signExponent(0);
        long b = f.significand(1);
        int bSe = f.signExponent(1);
        Extended x = f.x;
        if (!x.notANumber(b, bSe, a, aSe) && !x.denormal(a, aSe, b, bSe)) {
            boolean infiniteA = isInfinity(a, aSe);
            boolean infiniteB = isInfinity(b, bSe);
            Precise result = f.elementary.result;
            if (infiniteA && infiniteB) {
                // An eighth of a turn, or three.
                result.set(QUARTER_TURN).scale(-1);
                if (isNegative(aSe)) {
                    result.add(QUARTER_TURN);
                }
                packAngle(x, result, bSe);
            } else if (infiniteB) {
                packAngle(x, result.set(QUARTER_TURN), bSe);
            } else if (infiniteA || b == 0) {
                if (isNegative(aSe)) {
                    packAngle(x, result.set(QUARTER_TURN).scale(1), bSe);
                } else {
                    x.setZero(isNegative(bSe));
                }
            } else {
                f.elementary.arcTangent(b, bSe, a, aSe);
                pack(x, result);
            }
        }
        finishPopping(f);
    }

    private static void packAngle(Extended x, Precise angle, int signExponent) {
        angle.negative = isNegative(signExponent);
        pack(x, angle);
    }

    /** FSIN. */
    static void sine(Fpu f) {
        if (start(f)) {
            if (special(f)) {
                if (isZero(f)) {
                    f.x.set(0, f.signExponent(0));
                }
            } else {
                f.elementary.sine();
                pack(f.x, f.elementary.result);
            }
            FpuFunctions.finish(f);
        }
    }

    /** FCOS. */
    static void cosine(Fpu f) {
        if (start(f)) {
            if (special(f)) {
                if (isZero(f)) {
                    f.x.set(ONE, Extended.BIAS);
                }
            } else {
                f.elementary.cosine();
                pack(f.x, f.elementary.result);
            }
            FpuFunctions.finish(f);
        }
    }

    /** FSINCOS: the sine replaces the operand, the cosine is pushed. */
    static void sineAndCosine(Fpu f) {
        if (!startPushing(f)) {
            return;
        }
        Extended second = f.second;
        if (special(f)) {
            if (isZero(f)) {
                second.set(0, f.signExponent(0));
                f.x.set(ONE, Extended.BIAS);
            } else {
                second.set(f.x.significand, f.x.signExponent);
            }
        } else {
            f.elementary.sine();
            pack(f.x, f.elementary.result);
            second.set(f.x.significand, f.x.signExponent);
            f.elementary.cosine();
            pack(f.x, f.elementary.result);
        }
        finishPushing(f);
    }

    /** FPTAN: the tangent replaces the operand, a one is pushed. */
    static void tangent(Fpu f) {
        if (!startPushing(f)) {
            return;
        }
        Extended second = f.second;
        if (special(f)) {
            if (isZero(f)) {
                second.set(0, f.signExponent(0));
                f.x.set(ONE, Extended.BIAS);
            } else {
                second.set(f.x.significand, f.x.signExponent);
            }
        } else {
            f.elementary.tangent();
            pack(f.x, f.elementary.result);
            second.set(f.x.significand, f.x.signExponent);
            f.x.set(ONE, Extended.BIAS);
        }
        finishPushing(f);
    }

    /** Begins an operation on an angle; false when it is empty, or out of range, which C2 then says. */
    private static boolean start(Fpu f) {
        f.clear(X87.C2);
        if (!FpuFunctions.startUnary(f)) {
            return false;
        }
        int exponent = f.signExponent(0) & Extended.EXPONENT;
        boolean number = exponent != Extended.EXPONENT && !Extended.isUnsupported(f.significand(0), exponent);
        if (number && exponent >= Extended.BIAS + Elementary.FIRST_EXPONENT_OUT_OF_RANGE) {
            f.clear(X87.C1);
            f.set(X87.C2);
            return false;
        }
        return true;
    }

    /** As {@link #start}, for an operation that pushes: the default NaN is pushed too where the stack is at fault. */
    private static boolean startPushing(Fpu f) {
        boolean underflow = f.isEmpty(0);
        if (underflow || !f.isEmpty(7)) {
            f.clear(X87.C2);
            if (f.stackFault(!underflow)) {
                f.put(0, f.x.significand, f.x.signExponent);
                f.push();
                f.put(0, f.x.significand, f.x.signExponent);
            }
            return false;
        }
        return start(f);
    }

    /** Sets the result where the operand is no number, or infinite or zero; else reduces it. */
    private static boolean special(Fpu f) {
        long a = f.significand(0);
        int aSe = f.signExponent(0);
        if (f.x.notANumber(a, aSe)) {
            return true;
        }
        if (isInfinity(a, aSe)) {
            f.x.invalid();
            return true;
        }
        if (f.x.denormal(a, aSe) || a == 0) {
            return true;
        }
        f.elementary.reduce(a, aSe);
        return false;
    }

    private static boolean isZero(Fpu f) {
        return f.significand(0) == 0 && (f.signExponent(0) & Extended.EXPONENT) == 0;
    }

    private static void finishPushing(Fpu f) {
        if (f.finish()) {
            f.put(0, f.second.significand, f.second.signExponent);
            f.push();
            f.put(0, f.x.significand, f.x.signExponent);
        }
    }

    /** Begins an operation on ST(1) and ST(0) that pops; false when one of them is empty. */
    private static boolean startBinary(Fpu f) {
        if (!f.isEmpty(0) && !f.isEmpty(1)) {
            f.begin();
            return true;
        }
        if (f.stackFault(false)) {
            f.put(1, f.x.significand, f.x.signExponent);
            f.pop();
        }
        return false;
    }

    private static void finishPopping(Fpu f) {
        if (f.finish()) {
            f.put(1, f.x.significand, f.x.signExponent);
            f.pop();
        }
    }

    /** Rounds a result, which is never exact. */
    private static void pack(Extended x, Precise result) {
        x.soft.set(result.negative, result.exponent, result.high);
        x.soft.low = result.low | 1;
        x.pack(64);
    }
}
