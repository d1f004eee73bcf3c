package dev.backplane.x86.interp;

import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** Not an instruction: leaves a block behind some instruction, for the engine to go on there. */
final class LeaveOp extends Op {
    /** Leaves behind {@code last}. */
    LeaveOp(Op last) {
        offset = last.end;
        end = last.end;
        count = last.count;
    }

    @Override
    public @Nullable Op exec(Cpu c) {
        c.instructions += count;
        c.rip = rip(c);
        return null;
    }

    @Override
    public boolean endsBlock() {
        return true;
    }

    /** The instruction that it stands behind is complete. */
    @Override
    int before() {
        return count;
    }

    @Override
    boolean isInstruction() {
        return false;
    }
}
