package dev.backplane.x86.simd;

import dev.backplane.x86.internal.softfloat.Exceptions;

/** Fields of MXCSR (SDM volume 1, 10.2.3). The six exception flags are the low bits. */
public final class Mxcsr {
    /** Bits that exist; LDMXCSR of others is #GP. FXSAVE stores this as MXCSR_MASK. */
    public static final int MASK = 0xFFFF;

    /** As reset leaves it: everything masked. */
    public static final int INITIAL = 0x1F80;

    /** Denormal operands count as zeros. */
    static final int DAZ = 1 << 6;

    /** Tiny results become zeros where underflow is masked. */
    static final int FTZ = 1 << 15;

    /** The rounding control. */
    static final int ROUNDING = 3 << 13;

    private static final int MASKS_SHIFT = 7;

    private Mxcsr() {}

    /** The exceptions that are masked, as bits of {@link Exceptions}. */
    static int masked(int mxcsr) {
        return mxcsr >> MASKS_SHIFT & Exceptions.ALL;
    }

    /** The rounding mode, numbered as in the x87 control word. */
    static int rounding(int mxcsr) {
        return mxcsr >> 13 & 3;
    }
}
