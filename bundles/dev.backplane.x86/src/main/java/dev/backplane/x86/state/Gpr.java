package dev.backplane.x86.state;

/** Indexes into {@link Registers#r}: the general registers in the encoding's order, and the slots behind them. */
public final class Gpr {
    public static final int RAX = 0;
    public static final int RCX = 1;
    public static final int RDX = 2;
    public static final int RBX = 3;
    public static final int RSP = 4;
    public static final int RBP = 5;
    public static final int RSI = 6;
    public static final int RDI = 7;
    public static final int R8 = 8;
    public static final int R9 = 9;
    public static final int R10 = 10;
    public static final int R11 = 11;
    public static final int R12 = 12;
    public static final int R13 = 13;
    public static final int R14 = 14;
    public static final int R15 = 15;

    /** Always zero: an address without base or index names this slot, so that one formula serves every address. */
    public static final int ZERO = 16;

    /**
     * What is added to an operation's offset to give its instruction pointer: in 64-bit mode the linear address of the page
     * that is being executed. RIP-relative addresses name it as their base.
     */
    public static final int IP = 17;

    /** Slots in {@link Registers#r}. */
    public static final int SLOTS = 18;

    private Gpr() {}
}
