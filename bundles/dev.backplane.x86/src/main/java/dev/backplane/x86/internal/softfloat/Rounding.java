package dev.backplane.x86.internal.softfloat;

/** The four rounding modes, numbered as the RC fields of the x87 control word and of MXCSR. */
public final class Rounding {
    /** To the nearest, ties to even. */
    public static final int NEAREST = 0;

    /** Towards minus infinity. */
    public static final int DOWN = 1;

    /** Towards plus infinity. */
    public static final int UP = 2;

    /** Towards zero. */
    public static final int ZERO = 3;

    private Rounding() {}

    /** Whether a result that is too large becomes infinite in this mode, rather than the largest finite number. */
    public static boolean overflowsToInfinity(int mode, boolean negative) {
        return mode == NEAREST || mode == (negative ? DOWN : UP);
    }
}
