package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/**
 * The end of a block with a direct target: taken or, if conditional, not. Both ways are linked to the block they lead to once that
 * is known, but only within the page: while a page is being executed its mapping cannot change under the link. A taken
 * backward branch looks at the request word, so that every loop does.
 */
public abstract class BranchOp extends MemOp {
    private final Blocks blocks;
    private final long distance;
    private final long mask;
    private final boolean backward;
    private @Nullable Op taken;
    private @Nullable Op fallen;

    /** @param i a branch whose immediate is the distance */
    protected BranchOp(Blocks blocks, Insn i) {
        super(i, 1, false);
        this.blocks = blocks;
        distance = i.immediate;
        mask = i.operandBytes == 2 ? 0xFFFF : -1L;
        backward = distance < 0;
    }

    /** A branch that takes the comparison before it in. */
    BranchOp(Blocks blocks, Insn i, CompareOp comparison) {
        super(comparison);
        this.blocks = blocks;
        distance = i.immediate;
        mask = i.operandBytes == 2 ? 0xFFFF : -1L;
        backward = distance < 0;
        offset = comparison.offset;
        end = comparison.end + i.length;
        count = comparison.count + 1;
    }

    /** Takes the branch. The last thing that {@code exec} does. */
    protected final @Nullable Op take(Cpu c) {
        Op op = taken;
        if (op != null && !(backward && c.wanted())) {
            c.instructions += count;
            return op;
        }
        return takeSlowly(c);
    }

    /** Does not take it. */
    protected final @Nullable Op fall(Cpu c) {
        Op op = fallen;
        if (op != null) {
            c.instructions += count;
            return op;
        }
        return fallSlowly(c);
    }

    /** Where the branch goes. Throws #GP(0) where the address is not canonical or outside of the code segment. */
    protected final long target(Cpu c) {
        long target = nextRip(c) + distance & mask & c.ipMask;
        NearTransfer.check(c, target);
        return target;
    }

    private @Nullable Op takeSlowly(Cpu c) {
        long target = target(c);
        c.instructions += count;
        c.rip = target;
        if (c.wanted()) {
            return null;
        }
        Op op = blocks.find(c);
        if (op != null && linkable(c, end + distance)) {
            taken = op;
        }
        return op;
    }

    private @Nullable Op fallSlowly(Cpu c) {
        c.instructions += count;
        c.rip = nextRip(c);
        Op op = blocks.find(c);
        if (op != null && linkable(c, end)) {
            fallen = op;
        }
        return op;
    }

    /** A dead op that links anew does no harm: it links what is alive and is not reached again. */
    private boolean linkable(Cpu c, long to) {
        return to >= 0 && to < 4096 && mask == -1L && (c.mode & Cpu.LIMITED) == 0;
    }

    @Override
    public final boolean endsBlock() {
        return true;
    }

    @Override
    final void sever() {
        taken = null;
        fallen = null;
    }
}
