package dev.backplane.x86.interp;

import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** Not an instruction: goes on with the block behind one that ended for its length or at the end of its page. */
final class OnwardOp extends Op {
    private final Blocks blocks;
    private @Nullable Op linked;

    OnwardOp(Blocks blocks, Op last) {
        this.blocks = blocks;
        offset = last.end;
        end = last.end;
        count = last.count;
    }

    @Override
    public @Nullable Op exec(Cpu c) {
        c.instructions += count;
        Op op = linked;
        if (op != null) {
            return op;
        }
        c.rip = rip(c);
        if (c.wanted()) {
            return null;
        }
        op = blocks.find(c);
        if (op != null && offset < 4096 && (c.mode & Cpu.LIMITED) == 0) {
            linked = op;
        }
        return op;
    }

    @Override
    public boolean endsBlock() {
        return true;
    }

    @Override
    boolean isInstruction() {
        return false;
    }

    @Override
    void sever() {
        linked = null;
    }

    /** The instruction that it stands behind is complete. */
    @Override
    int before() {
        return count;
    }
}
