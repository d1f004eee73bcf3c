package dev.backplane.x86.interp;

/** A run of decoded instructions that is entered at its first and left at its last. */
final class Block {
    /** Above all bits of a mode. */
    private static final int SINGLE = 1 << 7;

    /** What it is looked up by: offset of the first instruction in RAM and the mode it was decoded for. Negative when dead. */
    long key;

    final Op first;

    Block(long key, Op first) {
        this.key = key;
        this.first = first;
    }

    /** Whether it is one instruction that reaches into the next page. */
    boolean straddles() {
        return first instanceof StraddleOp;
    }

    /** The same for a block of one instruction, whatever follows it. */
    static long singleKey(long ramOffset, int mode) {
        return key(ramOffset, mode) | SINGLE;
    }

    static long key(long ramOffset, int mode) {
        return ramOffset << 8 | mode;
    }
}
