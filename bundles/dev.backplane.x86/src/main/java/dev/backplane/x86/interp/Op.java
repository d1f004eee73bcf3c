package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import org.jspecify.annotations.Nullable;

/**
 * One guest instruction, decoded and specialised, in a block of them. Belongs to one vCPU.
 *
 * <p>Contract of {@link #exec}: do the instruction and return {@link #next}; or, at the end of a block, set {@code c.rip} and
 * return null, and the engine looks at pending events and finds the next block. A fault is thrown (see
 * {@code Registers.fault}) before anything of the instruction is committed: the engine sets {@code c.rip} to this
 * instruction and delivers it. {@code c.rip} is not kept up to date within a block: {@link #rip} computes it.
 */
public abstract class Op {
    /** The operation to go on with. Read it last: a store into the block's own code exchanges it. */
    public @Nullable Op next;

    /** Offset of the instruction: {@code r[IP] + offset} is its instruction pointer. */
    public int offset;

    /** Offset behind the instruction. */
    public int end;

    /** Instructions of the block up to and including this one. */
    public int count;

    /** Executes the instruction. */
    public abstract @Nullable Op exec(Cpu c);

    /** Nothing follows this operation in its block: it always returns null or an operation of another block. */
    public boolean endsBlock() {
        return false;
    }

    /** A non-canonical address in this operation is #SS(0), not #GP(0). */
    public boolean usesStack() {
        return false;
    }

    /** The same for one address, where the operation uses the stack and another operand. Nothing is committed yet. */
    boolean usesStackAt(Cpu c, long linear) {
        return usesStack();
    }

    /** Instructions of the block that are complete when this op faults. */
    int before() {
        return count - 1;
    }

    /** False for what stands in a block and is no instruction. */
    boolean isInstruction() {
        return true;
    }

    /** The instruction pointer of this instruction. */
    public final long rip(Cpu c) {
        return c.r[Gpr.IP] + offset & c.ipMask;
    }

    /** The instruction pointer behind this instruction. */
    public final long nextRip(Cpu c) {
        return c.r[Gpr.IP] + end & c.ipMask;
    }

    /** The block is dead: whoever is executing it leaves it behind this instruction. Ends of blocks cut their links. */
    void sever() {
        if (next != null && !endsBlock()) {
            next = new LeaveOp(this);
        }
    }

    /** Takes position and length over from the instruction. Called by the block builder. */
    final void place(Insn insn, int position, int instructionCount) {
        offset = position;
        end = position + insn.length;
        count = instructionCount;
    }
}
