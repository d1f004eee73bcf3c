package dev.backplane.x86.fpu;

/** Bits of the x87 status and control words (SDM volume 1, 8.1.3 to 8.1.5). */
public final class X87 {
    /** Status: stack fault. */
    public static final int STACK_FAULT = 1 << 6;

    /** Status: an unmasked exception is pending (exception summary). */
    public static final int SUMMARY = 1 << 7;

    /** Status: condition code 0. */
    public static final int C0 = 1 << 8;

    /** Status: condition code 1; the direction of rounding, or of a stack fault. */
    public static final int C1 = 1 << 9;

    /** Status: condition code 2. */
    public static final int C2 = 1 << 10;

    /** Status: condition code 3. */
    public static final int C3 = 1 << 14;

    /** Status: busy, a copy of the summary bit. */
    public static final int BUSY = 1 << 15;

    /** Control word as FNINIT leaves it: all masked, nearest, 64 bits. */
    public static final int INITIAL_CONTROL = 0x37F;

    static final int CONDITION_CODES = C0 | C1 | C2 | C3;

    private X87() {}
}
