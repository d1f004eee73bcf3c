package dev.backplane.x86.interp;

import dev.backplane.x86.mmu.Mmu;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import org.jspecify.annotations.Nullable;

/** Not an instruction: stands before one that crosses into another page and checks that it is still the page it was decoded from. */
final class StraddleOp extends Op {
    private final Blocks blocks;
    /** Matches no page. */
    private static final long NOWHERE = 1;

    private long following;
    private @Nullable Block block;

    StraddleOp(Blocks blocks, Op op, long following) {
        this.blocks = blocks;
        this.following = following & -4096;
        next = op;
        offset = op.offset;
        end = op.offset;
        count = 1;
    }

    void guards(Block guarded) {
        block = guarded;
    }

    /** Jumps from its own page may still lead here when only the second page was overwritten. */
    @Override
    void sever() {
        following = NOWHERE;
    }

    @Override
    boolean isInstruction() {
        return false;
    }

    @Override
    public @Nullable Op exec(Cpu c) {
        long page = c.r[Gpr.IP] + 4096;
        long linear = c.long64 ? page : page + c.segmentBase[Seg.CS] & 0xFFFFFFFFL;
        if ((c.mmu.resolve(linear, Mmu.I) & -4096) == following) {
            return next;
        }
        if (block != null) {
            blocks.drop(block);
        }
        c.rip = rip(c);
        return null;
    }
}
