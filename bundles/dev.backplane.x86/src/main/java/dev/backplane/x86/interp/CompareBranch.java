package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** CMP or TEST together with the conditional branch behind it. */
abstract class CompareBranch extends BranchOp {
    final int left;
    final int right;
    final long immediate;
    private final int condition;

    CompareBranch(Blocks blocks, Insn jump, CompareOp comparison) {
        super(blocks, jump, comparison);
        left = comparison.left;
        right = comparison.right;
        immediate = comparison.immediate;
        condition = jump.opcodeByte & 15;
    }

    /** Sets the flags of {@code CMP a, b}, sign-extended, and branches. */
    final @Nullable Op compare(Cpu c, long a, long b, int unused) {
        long result = Alu.sub(c, a, b, unused);
        return Conditions.compare(condition, a, b, result) ? take(c) : fall(c);
    }

    /** Sets the flags of {@code TEST} and branches. */
    final @Nullable Op test(Cpu c, long result) {
        c.logicFlags(result);
        return Conditions.logic(condition, result) ? take(c) : fall(c);
    }

    /** Only the comparison can fault, before the branch counts. */
    @Override
    final int before() {
        return count - 2;
    }
}
