package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import org.jspecify.annotations.Nullable;

/**
 * Makes the operations of one family of instructions (integer, system, x87, SSE). The engine asks its families in order; an
 * instruction that none of them knows is #UD.
 */
@FunctionalInterface
public interface OpFamily {
    /**
     * The operation for an instruction, or null when it belongs to another family. A form that the architecture does not have gets
     * {@code new FaultOp(Vector.UD, -1)}. {@code mode} is {@code Cpu.mode} at the time, the key of the block: x87 and SSE
     * families make {@code FaultOp} of #NM or #UD where {@code NO_FPU} or {@code NO_SSE} say so, instead of checking
     * in each execution.
     */
    @Nullable
    Op op(Insn insn, int mode);
}
