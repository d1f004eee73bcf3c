package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;

/** An operation on a register and, if the form has one, a second register or an immediate. */
abstract class RegisterOp extends Op {
    final int target;
    final int source;
    final long immediate;

    RegisterOp(Insn i, int target, int source) {
        this.target = target;
        this.source = source;
        immediate = i.immediate;
    }
}
