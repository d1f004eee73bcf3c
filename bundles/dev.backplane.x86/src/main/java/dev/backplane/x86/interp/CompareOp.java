package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;

/**
 * CMP or TEST of a kind that is often followed by a conditional branch: the pair becomes one operation, which spares the step
 * between them.
 */
abstract class CompareOp extends MemOp {
    /** Registers, where the form has them. */
    final int left;

    final int right;
    final long immediate;

    CompareOp(Insn i, int left, int right, int bytes) {
        super(i, bytes, false);
        this.left = left;
        this.right = right;
        immediate = i.immediate;
    }

    /** The operation for this comparison and the Jcc directly behind it. */
    abstract CompareBranch fuse(Blocks blocks, Insn jump);
}
