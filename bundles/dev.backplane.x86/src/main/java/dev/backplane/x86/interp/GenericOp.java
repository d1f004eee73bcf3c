package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Cpu;

/**
 * Base of the forms that are not hot enough for a class of their own: operands of any size, in memory or not. Values are
 * zero-extended.
 */
abstract class GenericOp extends MemOp {
    /** Operand size. */
    final int bytes;
    /** Bits of a long above the operand. */
    final int unused;

    final boolean memory;
    final boolean lock;
    final long immediate;
    private final int reg;
    private final int regShift;
    private final int rm;
    private final int rmShift;

    GenericOp(Insn i) {
        this(i, i.opcode.has(Opcode.BYTE) ? 1 : i.operandBytes);
    }

    GenericOp(Insn i, int bytes) {
        super(i, i.opcode.memoryBytes() == 0 ? bytes : i.opcode.memoryBytes(), i.opcode.has(Opcode.WRITES));
        this.bytes = bytes;
        unused = 64 - (bytes << 3);
        memory = i.memory;
        lock = i.lock;
        immediate = i.immediate;
        reg = Sizes.index(i, i.reg, bytes);
        regShift = Sizes.shift(i, i.reg, bytes);
        rm = Sizes.index(i, i.rm, bytes);
        rmShift = Sizes.shift(i, i.rm, bytes);
    }

    /** For operations that use the stack beside an operand in memory. */
    @Override
    final boolean usesStackAt(Cpu c, long linear) {
        return usesStack()
                && !(memory && !super.usesStack() && linear - address(c) >= 0 && linear - address(c) < bytes);
    }

    final long sext(long value) {
        return value << unused >> unused;
    }

    final long reg(Cpu c) {
        return Sizes.get(c, reg, regShift, bytes);
    }

    final void reg(Cpu c, long value) {
        Sizes.set(c, reg, regShift, bytes, value);
    }

    /** The operand in ModR/M.rm when it is a register. */
    final long rmRegister(Cpu c) {
        return Sizes.get(c, rm, rmShift, bytes);
    }

    final void rmRegister(Cpu c, long value) {
        Sizes.set(c, rm, rmShift, bytes, value);
    }

    /** Reads the operand in ModR/M.rm. */
    final long rm(Cpu c) {
        return memory ? c.load(address(c), bytes) : rmRegister(c);
    }

    /** Writes the operand in ModR/M.rm that was not read before. */
    final void rm(Cpu c, long value) {
        if (memory) {
            c.store(address(c), bytes, value);
        } else {
            rmRegister(c, value);
        }
    }
}
