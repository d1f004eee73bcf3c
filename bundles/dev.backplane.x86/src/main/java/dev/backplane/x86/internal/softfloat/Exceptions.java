package dev.backplane.x86.internal.softfloat;

/** The six floating-point exceptions, at the bits that they have in the x87 status word and in MXCSR. */
public final class Exceptions {
    /** Invalid operation. */
    public static final int INVALID = 1;

    /** Denormal operand. */
    public static final int DENORMAL = 2;

    /** Division of a finite number by zero. */
    public static final int ZERO_DIVIDE = 4;

    /** The rounded result is too large for its format. */
    public static final int OVERFLOW = 8;

    /** The rounded result is tiny and, where the exception is masked, inexact. */
    public static final int UNDERFLOW = 16;

    /** The result was rounded (the manuals call it precision). */
    public static final int INEXACT = 32;

    /** Those found before there is a result: if one is unmasked, the instruction changes nothing but flags. */
    public static final int BEFORE_COMPUTATION = INVALID | DENORMAL | ZERO_DIVIDE;

    /** All six. */
    public static final int ALL = 63;

    private Exceptions() {}
}
