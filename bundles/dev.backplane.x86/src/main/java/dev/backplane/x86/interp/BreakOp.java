package dev.backplane.x86.interp;

import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Seg;
import org.jspecify.annotations.Nullable;

/** Not an instruction: stands before one that has a debugger's breakpoint, under some address of its page, and stops there. */
final class BreakOp extends Op {
    BreakOp(Op instruction) {
        next = instruction;
        offset = instruction.offset;
        end = instruction.offset;
        count = instruction.count;
    }

    @Override
    public @Nullable Op exec(Cpu c) {
        long rip = rip(c);
        if (!c.mmu.stopPoints().executes(c.linear(Seg.CS, rip))) {
            return next;
        }
        c.instructions += before();
        c.rip = rip;
        c.paused = true;
        return null;
    }

    @Override
    boolean isInstruction() {
        return false;
    }

    /** It is only entered from its block's start, or from what was severed. */
    @Override
    void sever() {}
}
