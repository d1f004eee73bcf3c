package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;

/** Where the second operand of a two-operand instruction with a register as its first comes from. */
enum Source {
    REGISTER,
    MEMORY,
    IMMEDIATE;

    /** The source register of a register form: the one of ModR/M.reg and ModR/M.rm that is not the target. */
    static int register(Insn i) {
        return i.opcode.operands().startsWith("G") ? i.rm : i.reg;
    }
}
