package dev.backplane.x86.state;

/**
 * Indexes into the segment register arrays of {@link Registers}, in the encoding's order, and the bits of a segment's
 * attributes: bits 8-15 and 20-23 of a descriptor's second doubleword moved down to 0-7 and 12-15 (SDM volume 3, 3.4.5
 * and table 25-2).
 */
public final class Seg {
    public static final int ES = 0;
    public static final int CS = 1;
    public static final int SS = 2;
    public static final int DS = 3;
    public static final int FS = 4;
    public static final int GS = 5;
    public static final int LDTR = 6;
    public static final int TR = 7;
    public static final int COUNT = 8;

    /** Type field: with {@link #S} set, 8 = code, 2 = writable data or readable code, 4 = expand down or conforming, 1 = accessed. */
    public static final int TYPE = 0xF;

    public static final int ACCESSED = 1;
    public static final int WRITABLE = 2;
    public static final int EXPAND_DOWN = 4;
    public static final int CODE = 8;
    /** Code or data segment, as opposed to a system segment. */
    public static final int S = 1 << 4;

    public static final int DPL_SHIFT = 5;
    public static final int DPL = 3 << DPL_SHIFT;
    public static final int P = 1 << 7;
    public static final int AVL = 1 << 12;
    public static final int L = 1 << 13;
    public static final int DB = 1 << 14;
    public static final int G = 1 << 15;
    /** The register holds a null selector: every use faults (outside of 64-bit mode). */
    public static final int UNUSABLE = 1 << 16;

    private Seg() {}
}
