package dev.backplane.x86.simd;

import dev.backplane.x86.internal.softfloat.Exceptions;
import dev.backplane.x86.internal.softfloat.Rounding;
import dev.backplane.x86.internal.softfloat.SoftFloat;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Vector;

/**
 * The rounding rules and raised exceptions of one SSE floating-point instruction at a time. The instruction {@linkplain
 * #begin begins} with MXCSR, calls the arithmetic for each of its elements, asks whether it {@linkplain #faults faults},
 * and if not commits its result and {@link #mxcsr()}. One for each virtual CPU; allocates nothing.
 */
public final class SseUnit {
    final SoftFloat soft = new SoftFloat();

    /** The exceptions raised so far. */
    int raised;

    /** The low half of a vector's result, until it is known that nothing faults. */
    long low;

    /** The high half of a vector's result. */
    long high;

    private int mxcsr;

    /**
     * Whether the host's own arithmetic may be used where operands and results are normal numbers: nearest rounding,
     * nothing unmasked.
     */
    boolean fast;

    /** Whether the inexact flag is set already, so that nobody needs to know whether results are exact. */
    boolean inexactKnown;

    /** Begins an instruction. */
    public void begin(int mxcsrValue) {
        mxcsr = mxcsrValue;
        raised = 0;
        fast = (mxcsrValue & (Mxcsr.ROUNDING | Exceptions.ALL << 7)) == Exceptions.ALL << 7;
        inexactKnown = (mxcsrValue & Exceptions.INEXACT) != 0;
    }

    /**
     * Ends an instruction. If this is true, it raises #XM: {@link #mxcsr()} is committed, its result is not.
     */
    public boolean faults() {
        int unmasked = raised & ~Mxcsr.masked(mxcsr);
        if ((unmasked & Exceptions.BEFORE_COMPUTATION) != 0) {
            raised &= Exceptions.BEFORE_COMPUTATION;
        }
        return unmasked != 0;
    }

    /**
     * Ends an instruction: MXCSR takes the raised flags, and an unmasked one throws #XM, or #UD where the operating system
     * has not said that it handles that. The result is committed after this.
     */
    void finish(Cpu c) {
        if (raised != 0) {
            boolean faults = faults();
            c.mxcsr = mxcsr();
            if (faults) {
                throw c.fault((c.cr4 & Bits.CR4_OSXMMEXCPT) != 0 ? Vector.XM : Vector.UD, -1);
            }
        }
    }

    /** MXCSR with the flags that the instruction raised. */
    public int mxcsr() {
        return mxcsr | raised;
    }

    int rounding() {
        return Mxcsr.rounding(mxcsr);
    }

    /** An operand as the instruction sees it: where DAZ is set a denormal is a zero. */
    long operand(Format f, long a) {
        return (mxcsr & Mxcsr.DAZ) != 0 && f.isDenormal(a) ? a & f.sign : a;
    }

    /** Raises the denormal exception if one of the operands is denormal. */
    void denormals(Format f, long a, long b) {
        if (f.isDenormal(a) || f.isDenormal(b)) {
            raised |= Exceptions.DENORMAL;
        }
    }

    /** The same for a fused operation. */
    void denormals(Format f, long a, long b, long c) {
        if (f.isDenormal(a) || f.isDenormal(b) || f.isDenormal(c)) {
            raised |= Exceptions.DENORMAL;
        }
    }

    long invalid(Format f) {
        raised |= Exceptions.INVALID;
        return f.defaultNaN();
    }

    /** The result of an operation with a NaN: the first operand if it is one, else the second, made quiet. */
    long propagate(Format f, long a, long b) {
        if (f.isSignaling(a) || f.isSignaling(b)) {
            raised |= Exceptions.INVALID;
        }
        return (f.isNaN(a) ? a : b) | f.quiet;
    }

    /** The rounded result whose exact value {@link #soft} holds. */
    long pack(Format f) {
        return pack(f, rounding(), (mxcsr & Mxcsr.FTZ) != 0);
    }

    /** The same with a rounding mode of the instruction's own; {@code flush}: tiny results become zeros. */
    long pack(Format f, int rounding, boolean flush) {
        boolean underflowMasked = (Mxcsr.masked(mxcsr) & Exceptions.UNDERFLOW) != 0;
        soft.round(f.fractionBits + 1, rounding, 1 - f.bias, f.bias, underflowMasked);
        raised |= soft.raised;
        long sign = soft.negative ? f.sign : 0;
        if ((soft.raised & Exceptions.OVERFLOW) != 0) {
            // Where it is unmasked, only what the rounding to an unbounded exponent has lost makes it inexact.
            raised |= (Mxcsr.masked(mxcsr) & Exceptions.OVERFLOW) != 0 ? Exceptions.INEXACT : 0;
            return sign | (Rounding.overflowsToInfinity(rounding, soft.negative) ? f.infinity : f.infinity - 1);
        }
        if (soft.tiny && underflowMasked && flush) {
            raised |= Exceptions.UNDERFLOW | Exceptions.INEXACT;
            return sign;
        }
        long biased = soft.high < 0 ? soft.exponent + f.bias : 0;
        return sign | biased << f.fractionBits | soft.high >>> 63 - f.fractionBits & f.fractionMask;
    }
}
