package dev.backplane.x86.fpu;

/** The architectural state of the x87 unit (SDM volume 1, 8.1). MMX register i is {@code significand[i]}. */
public final class Fpu {
    /** Significands of the physical registers R0 to R7. */
    public final long[] significand = new long[8];

    /** Sign (bit 15) and biased exponent of the physical registers. */
    public final int[] signExponent = new int[8];

    public int control = 0x37F;
    /** Status word; TOP in bits 11-13. */
    public int status;
    /** Bit i is set when physical register i is not empty: FXSAVE's abridged tags. */
    public int valid;

    public int opcode;
    public long instructionPointer;
    public long dataPointer;
    public int instructionSelector;
    public int dataSelector;
}
