package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import org.jspecify.annotations.Nullable;

/** MOV, MOVZX, MOVSX, MOVSXD, LEA, XCHG and CMOVcc. */
final class MovOps {
    private MovOps() {}

    static Op mov(Insn i) {
        int bytes = i.opcode.has(Opcode.BYTE) ? 1 : i.operandBytes;
        String operands = i.opcode.operands();
        boolean load = i.memory && (operands.startsWith("G") || operands.contains("O") && !operands.startsWith("O"));
        if (i.memory && operands.contains("I")) {
            return StoreOps.immediate(i, bytes);
        }
        int register = operands.contains("O") ? Gpr.RAX : i.reg;
        if (load) {
            return LoadOps.make(i, register, bytes);
        }
        if (i.memory) {
            return StoreOps.register(i, register, bytes);
        }
        if (operands.contains("I")) {
            return bytes >= 4
                    ? new SetRegister(i, bytes == 4 ? i.immediate & 0xFFFFFFFFL : i.immediate)
                    : new MovPart(i, bytes, true);
        }
        if (bytes < 4) {
            return new MovPart(i, bytes, false);
        }
        int target = operands.startsWith("G") ? i.reg : i.rm;
        int source = operands.startsWith("G") ? i.rm : i.reg;
        return bytes == 8 ? new Mov64(i, target, source) : new Mov32(i, target, source);
    }

    static Op extend(Insn i) {
        // MOVSXD without REX.W does not extend: with 16 bits it reads no more than those.
        int from = Math.min(i.opcode.memoryBytes(), i.operandBytes);
        boolean signed = switch (i.mnemonic()) {
            case MOVSX, MOVSXD -> true;
            default -> false;
        };
        if (!signed && i.memory && i.operandBytes >= 4) {
            return LoadOps.zeroExtended(i, from);
        }
        if (!signed && i.operandBytes >= 4 && from == 1 && !i.highByte(i.rm)) {
            return new ZeroExtendByte(i);
        }
        if (signed && i.memory && i.operandBytes == 8 && from == 4) {
            return LoadOps.signExtended(i);
        }
        if (signed && !i.memory && i.operandBytes == 8 && from == 4) {
            return new SignExtend(i);
        }
        return new Extend(i, from, signed);
    }

    static Op lea(Insn i) {
        if (i.addressBytes == 8 && i.operandBytes == 8) {
            return i.index == Gpr.ZERO ? new LeaDisplacement(i) : new Lea64(i);
        }
        return new Lea(i);
    }

    static Op cmov(Insn i) {
        return new Cmov(i);
    }

    static Op xchg(Insn i) {
        if (i.modrm < 0) {
            return new XchgRegisters(i, i.rm, Gpr.RAX);
        }
        return new Xchg(i);
    }

    // ---- registers --------------------------------------------------------------------------------------------------

    private static final class Mov64 extends RegisterOp {
        Mov64(Insn i, int target, int source) {
            super(i, target, source);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = c.r[source];
            return next;
        }
    }

    private static final class Mov32 extends RegisterOp {
        Mov32(Insn i, int target, int source) {
            super(i, target, source);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = c.r[source] & 0xFFFFFFFFL;
            return next;
        }
    }

    private static final class SetRegister extends RegisterOp {
        private final long value;

        SetRegister(Insn i, long value) {
            super(i, i.rm, i.rm);
            this.value = value;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = value;
            return next;
        }
    }

    /** Between registers, or from an immediate: 1 and 2 bytes. */
    private static final class MovPart extends GenericOp {
        private final boolean constant;
        private final boolean toReg;

        MovPart(Insn i, int bytes, boolean constant) {
            super(i, bytes);
            this.constant = constant;
            toReg = i.opcode.operands().startsWith("G");
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            if (toReg) {
                reg(c, rmRegister(c));
            } else {
                rmRegister(c, constant ? immediate : reg(c));
            }
            return next;
        }
    }

    private static final class ZeroExtendByte extends RegisterOp {
        ZeroExtendByte(Insn i) {
            super(i, i.reg, i.rm);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = c.r[source] & 0xFF;
            return next;
        }
    }

    private static final class SignExtend extends RegisterOp {
        SignExtend(Insn i) {
            super(i, i.reg, i.rm);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = (int) c.r[source];
            return next;
        }
    }

    /** All other forms of MOVZX and MOVSX. */
    private static final class Extend extends MemOp {
        private final int target;
        private final int source;
        private final int shift;
        private final int from;
        private final int to;
        private final boolean signed;
        private final boolean memory;

        Extend(Insn i, int from, boolean signed) {
            super(i, from, false);
            target = i.reg;
            source = Sizes.index(i, i.rm, from);
            shift = Sizes.shift(i, i.rm, from);
            this.from = from;
            to = i.operandBytes;
            this.signed = signed;
            memory = i.memory;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = memory ? c.load(address(c), from) : Sizes.get(c, source, shift, from);
            Sizes.set(c, target, 0, to, signed ? Sizes.signed(value, from) : value);
            return next;
        }
    }

    // ---- LEA --------------------------------------------------------------------------------------------------------

    private static final class LeaDisplacement extends MemOp {
        private final int target;

        LeaDisplacement(Insn i) {
            super(i, 1, false);
            target = i.reg;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = unindexed(c);
            return next;
        }
    }

    private static final class Lea64 extends MemOp {
        private final int target;

        Lea64(Insn i) {
            super(i, 1, false);
            target = i.reg;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = effective(c);
            return next;
        }
    }

    private static final class Lea extends MemOp {
        private final int target;
        private final int bytes;

        Lea(Insn i) {
            super(i, 1, false);
            target = i.reg;
            bytes = i.operandBytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            Sizes.set(c, target, 0, bytes, offset(c));
            return next;
        }
    }

    // ---- XCHG -------------------------------------------------------------------------------------------------------

    /** The form with the accumulator, 2 to 8 bytes. */
    private static final class XchgRegisters extends RegisterOp {
        private final int bytes;

        XchgRegisters(Insn i, int target, int source) {
            super(i, target, source);
            bytes = i.operandBytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            long old = r[target];
            r[target] = Sizes.merge(old, r[source], bytes);
            r[source] = Sizes.merge(r[source], old, bytes);
            return next;
        }
    }

    /** Always locked when it is in memory. */
    private static final class Xchg extends GenericOp {
        Xchg(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = reg(c);
            long old;
            if (memory) {
                long at = address(c);
                do {
                    old = c.lockedLoad(at, bytes);
                } while (!c.lockedStore(bytes, old, value));
            } else {
                old = rmRegister(c);
                rmRegister(c, value);
            }
            reg(c, old);
            return next;
        }
    }

    // ---- CMOVcc -----------------------------------------------------------------------------------------------------

    /** The memory operand is read whatever the condition; a 32-bit target is zero-extended whatever the condition. */
    private static final class Cmov extends GenericOp {
        private final int condition;

        Cmov(Insn i) {
            super(i);
            condition = i.opcodeByte & 15;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = rm(c);
            reg(c, Conditions.test(c, condition) ? value : reg(c));
            return next;
        }
    }
}
