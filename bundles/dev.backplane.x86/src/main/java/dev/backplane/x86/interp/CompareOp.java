package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import org.jspecify.annotations.Nullable;

/**
 * CMP or TEST, possibly together with the conditional branch behind it: the pair is one operation, which spares the step
 * between them. Without a branch it falls through to {@link #next}.
 */
abstract class CompareOp extends MemOp {
    final int left;
    final int right;
    final long immediate;

    CompareOp(Insn i, int left, int right, int bytes) {
        super(i, bytes, false);
        this.left = left;
        this.right = right;
        immediate = i.immediate;
    }

    /** The operation for this comparison and a Jcc directly behind it, or null where there is none. */
    @Nullable
    Op fuse(Blocks blocks, Insn jump) {
        return null;
    }
}
