package dev.backplane.x86.fpu;

import dev.backplane.x86.internal.softfloat.Exceptions;
import dev.backplane.x86.internal.softfloat.Rounding;
import dev.backplane.x86.internal.softfloat.SoftFloat;

/**
 * The result of one operation on 80-bit numbers, and the rules that all operations share: which exceptions stop it,
 * what NaNs give, how a result is rounded (SDM volume 1, chapter 8.5). A number is a 64-bit significand with an explicit
 * integer bit and a 16-bit word of sign (bit 15) and biased exponent.
 */
final class Extended {
    static final int BIAS = 16383;
    static final int EXPONENT = 0x7FFF;
    static final int SIGN = 0x8000;
    static final long INTEGER_BIT = Long.MIN_VALUE;
    static final long QUIET_BIT = 1L << 62;

    private static final int LEAST = 1 - BIAS;

    /** What an unmasked overflow or underflow adds to or takes from the exponent. */
    private static final int WRAP = 0x6000;

    final SoftFloat soft = new SoftFloat();

    /** The significand of the result. */
    long significand;

    /** Sign and exponent of the result. */
    int signExponent;

    /** Exceptions raised since {@link #begin}. */
    int raised;

    /** Whether rounding made the magnitude larger: condition code C1. */
    boolean roundedUp;

    /** Whether the operand that came from memory was denormal in its own, narrower format. */
    boolean narrowDenormal;

    private int control;

    /** Starts an operation under a control word. */
    void begin(int controlWord) {
        control = controlWord;
        raised = 0;
        roundedUp = false;
        narrowDenormal = false;
    }

    /** The rounding mode that the control word asks for. */
    int rounding() {
        return control >> 10 & 3;
    }

    /** The significant bits that the control word's precision field asks for; the reserved value means 64. */
    int precision() {
        return switch (control >> 8 & 3) {
            case 0 -> 24;
            case 2 -> 53;
            default -> 64;
        };
    }

    /** Whether all of these exceptions are masked. */
    boolean masked(int exceptions) {
        return (~control & exceptions) == 0;
    }

    /** Whether an unmasked exception forbids to store a result and to pop. */
    boolean stopped() {
        return (raised & ~control & Exceptions.BEFORE_COMPUTATION) != 0;
    }

    /** Sets the result. */
    void set(long resultSignificand, int resultSignExponent) {
        significand = resultSignificand;
        signExponent = resultSignExponent;
    }

    /** Sets a zero of the given sign. */
    void setZero(boolean negative) {
        set(0, negative ? SIGN : 0);
    }

    /** Sets an infinity of the given sign. */
    void setInfinity(boolean negative) {
        set(INTEGER_BIT, negative ? SIGN | EXPONENT : EXPONENT);
    }

    /** Raises the invalid-operation exception; the result is the default NaN. */
    void invalid() {
        raised |= Exceptions.INVALID;
        setDefaultNaN();
    }

    /** Sets the NaN that stands for an invalid operation ("real indefinite"). */
    void setDefaultNaN() {
        set(INTEGER_BIT | QUIET_BIT, SIGN | EXPONENT);
    }

    /** Sets a result whose exact value {@link #soft} holds, rounded as the control word's precision says. */
    void packAtPrecision() {
        pack(precision());
    }

    /** Sets a result whose exact value {@link #soft} holds, rounded to so many bits. */
    void pack(int bits) {
        soft.round(bits, rounding(), LEAST, BIAS, masked(Exceptions.UNDERFLOW));
        raised |= soft.raised;
        roundedUp = soft.roundedUp;
        int exponent = soft.exponent + BIAS;
        if ((soft.raised & Exceptions.OVERFLOW) != 0) {
            if (masked(Exceptions.OVERFLOW)) {
                setOverflow(bits);
                return;
            }
            exponent -= WRAP;
        } else if ((soft.raised & Exceptions.UNDERFLOW) != 0 && !masked(Exceptions.UNDERFLOW)) {
            exponent += WRAP;
        } else if (soft.high >= 0) {
            exponent = 0;
        }
        set(soft.high, exponent | (soft.negative ? SIGN : 0));
    }

    /**
     * As {@link #pack} with 64 bits, for a scaled number, whose exponent may be out of range even after an unmasked
     * exception has wrapped it: then it is infinite or zero in every rounding mode.
     */
    void packScaled() {
        if (soft.exponent - WRAP > BIAS && !masked(Exceptions.OVERFLOW)) {
            raised |= Exceptions.OVERFLOW | Exceptions.INEXACT;
            roundedUp = true;
            setInfinity(soft.negative);
        } else if (soft.exponent + WRAP < LEAST && !masked(Exceptions.UNDERFLOW)) {
            raised |= Exceptions.UNDERFLOW | Exceptions.INEXACT;
            setZero(soft.negative);
        } else {
            pack(64);
        }
    }

    private void setOverflow(int bits) {
        raised |= Exceptions.INEXACT;
        roundedUp = Rounding.overflowsToInfinity(rounding(), soft.negative);
        if (roundedUp) {
            setInfinity(soft.negative);
        } else {
            set(-1L << -bits, EXPONENT - 1 | (soft.negative ? SIGN : 0));
        }
    }

    /**
     * Deals with what one operand can be that is no number. An invalid encoding is an invalid operation; a NaN is the
     * result, quieted.
     *
     * @return whether the result is set
     */
    boolean notANumber(long a, int signExponentA) {
        if (isUnsupported(a, signExponentA)) {
            invalid();
            return true;
        }
        if (isNaN(a, signExponentA)) {
            setQuieted(a, signExponentA);
            return true;
        }
        return false;
    }

    /** As {@link #notANumber(long, int)}, for two operands: of two NaNs a quiet one, else the larger one is the result. */
    boolean notANumber(long a, int signExponentA, long b, int signExponentB) {
        if (isUnsupported(a, signExponentA) || isUnsupported(b, signExponentB)) {
            invalid();
            return true;
        }
        boolean nanA = isNaN(a, signExponentA);
        boolean nanB = isNaN(b, signExponentB);
        if (!nanA && !nanB) {
            return false;
        }
        if (nanA && nanB) {
            setLargerNaN(a, signExponentA, b, signExponentB);
        } else if (nanA) {
            setQuieted(a, signExponentA);
        } else {
            setQuieted(b, signExponentB);
        }
        return true;
    }

    private void setLargerNaN(long a, int signExponentA, long b, int signExponentB) {
        boolean signalingA = (a & QUIET_BIT) == 0;
        boolean signalingB = (b & QUIET_BIT) == 0;
        boolean takeA;
        if (signalingA == signalingB) {
            int order = Long.compareUnsigned(a, b);
            takeA = order > 0 || order == 0 && signExponentA < signExponentB;
        } else {
            takeA = signalingB;
        }
        if (signalingA || signalingB) {
            raised |= Exceptions.INVALID;
        }
        set((takeA ? a : b) | QUIET_BIT, takeA ? signExponentA : signExponentB);
    }

    private void setQuieted(long a, int signExponentA) {
        if ((a & QUIET_BIT) == 0) {
            raised |= Exceptions.INVALID;
        }
        set(a | QUIET_BIT, signExponentA);
    }

    /** Raises the denormal exception where it is due; returns whether it ends the operation. */
    boolean denormal(long a, int signExponentA) {
        if (isDenormal(a, signExponentA)) {
            raised |= Exceptions.DENORMAL;
        }
        return stopped();
    }

    /** As {@link #denormal(long, int)}, for two operands of which the second may have come from memory. */
    boolean denormal(long a, int signExponentA, long b, int signExponentB) {
        if (narrowDenormal || isDenormal(a, signExponentA) || isDenormal(b, signExponentB)) {
            raised |= Exceptions.DENORMAL;
        }
        return stopped();
    }

    /** The unbiased exponent of a finite number that is not zero, once {@link #normalised}. */
    static int exponent(long a, int signExponentA) {
        int biased = signExponentA & EXPONENT;
        return biased == 0 ? LEAST - Long.numberOfLeadingZeros(a) : biased - BIAS;
    }

    /** The significand of a finite number that is not zero, shifted up so that its integer bit is set. */
    static long normalised(long a) {
        return a << Long.numberOfLeadingZeros(a);
    }

    static boolean isNegative(int signExponentA) {
        return (signExponentA & SIGN) != 0;
    }

    /** Whether this is a NaN or an infinity with its integer bit set. */
    static boolean isInfinity(long a, int signExponentA) {
        return a == INTEGER_BIT && (signExponentA & EXPONENT) == EXPONENT;
    }

    static boolean isNaN(long a, int signExponentA) {
        return (signExponentA & EXPONENT) == EXPONENT && a << 1 != 0;
    }

    static boolean isSignaling(long a, int signExponentA) {
        return isNaN(a, signExponentA) && (a & QUIET_BIT) == 0;
    }

    /** Whether this is one of the encodings without integer bit that the 8087 still knew (SDM volume 1, 8.2.2). */
    static boolean isUnsupported(long a, int signExponentA) {
        return a >= 0 && (signExponentA & EXPONENT) != 0;
    }

    static boolean isDenormal(long a, int signExponentA) {
        return a != 0 && (signExponentA & EXPONENT) == 0;
    }
}
