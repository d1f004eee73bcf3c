package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/**
 * An operation that is rare enough for a plain frame: {@code c.rip} points at the instruction and {@code c.nextRip} behind
 * it when {@link #run} is called. With {@code ends} set the block ends there and {@code run} may change {@code c.nextRip} (a
 * far transfer), mode, privilege or paging; the engine goes on at {@code nextRip}.
 */
public abstract class SystemOp extends MemOp {
    private final boolean ends;

    /** @param size and {@code write} describe the memory operand, if there is one */
    protected SystemOp(Insn i, int size, boolean write, boolean ends) {
        super(i, size, write);
        this.ends = ends;
    }

    /** Does the instruction. Faults are thrown before anything is committed. */
    protected abstract void run(Cpu c);

    @Override
    public final @Nullable Op exec(Cpu c) {
        c.rip = rip(c);
        c.nextRip = nextRip(c);
        run(c);
        if (!ends) {
            return next;
        }
        c.instructions += count;
        c.rip = c.nextRip;
        return null;
    }

    @Override
    public final boolean endsBlock() {
        return ends;
    }
}
