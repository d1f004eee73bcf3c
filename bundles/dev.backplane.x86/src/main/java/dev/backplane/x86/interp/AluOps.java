package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import org.jspecify.annotations.Nullable;

/** ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, INC, DEC, NEG, NOT: chooses the class by form and size. */
final class AluOps {
    private AluOps() {}

    static Op make(Insn i, int operation) {
        boolean small = i.opcode.has(Opcode.BYTE) || i.operandBytes == 2;
        String operands = i.opcode.operands();
        boolean toMemory = i.memory && operands.startsWith("E");
        if (operation == Alu.CMP) {
            return CmpOps.make(i);
        }
        if (small || toMemory) {
            return operands.startsWith("E") ? new Modify(i, operation) : new Generic(i, operation);
        }
        int target = operands.startsWith("G") ? i.reg : operands.startsWith("r") ? Gpr.RAX : i.rm;
        Source source = i.memory ? Source.MEMORY : operands.contains("I") ? Source.IMMEDIATE : Source.REGISTER;
        return switch (operation) {
            case Alu.ADD -> AddOps.make(i, source, target);
            case Alu.OR -> OrOps.make(i, source, target);
            case Alu.ADC -> AdcOps.make(i, source, target);
            case Alu.SBB -> SbbOps.make(i, source, target);
            case Alu.AND -> AndOps.make(i, source, target);
            case Alu.SUB -> SubOps.make(i, source, target);
            default -> XorOps.make(i, source, target);
        };
    }

    static Op not(Insn i) {
        return new Not(i);
    }

    /** INC, DEC, NEG. */
    static Op unary(Insn i) {
        boolean small = i.opcode.has(Opcode.BYTE) || i.operandBytes == 2;
        if (!small && !i.memory) {
            boolean wide = i.operandBytes == 8;
            switch (i.mnemonic()) {
                case INC -> {
                    return wide ? new Inc64(i) : new Inc32(i);
                }
                case DEC -> {
                    return wide ? new Dec64(i) : new Dec32(i);
                }
                default -> {}
            }
        }
        return new Unary(i);
    }

    /** {@code reg op= E} and {@code accumulator op= immediate} of 1 and 2 bytes. */
    private static final class Generic extends GenericOp {
        private final int operation;
        private final boolean accumulator;

        Generic(Insn i, int operation) {
            super(i);
            this.operation = operation;
            accumulator = i.modrm < 0;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long right = accumulator ? immediate : sext(rm(c));
            if (accumulator) {
                long left = sext(c.r[Gpr.RAX]);
                c.r[Gpr.RAX] = Sizes.merge(c.r[Gpr.RAX], Alu.apply(operation, c, left, right, unused), bytes);
            } else {
                reg(c, Alu.apply(operation, c, sext(reg(c)), right, unused));
            }
            return next;
        }
    }

    /** {@code E op= reg} and {@code E op= immediate} in memory, or of 1 and 2 bytes. */
    private static final class Modify extends ModifyOp {
        private final int operation;
        private final boolean fromRegister;

        Modify(Insn i, int operation) {
            super(i);
            this.operation = operation;
            fromRegister = i.opcode.operands().contains("G");
        }

        @Override
        long change(Cpu c, long old) {
            return Alu.apply(operation, c, sext(old), fromRegister ? sext(reg(c)) : immediate, unused);
        }
    }

    private static final class Unary extends ModifyOp {
        private final int operation;

        Unary(Insn i) {
            super(i);
            operation = switch (i.mnemonic()) {
                case INC -> 0;
                case DEC -> 1;
                default -> 2;
            };
        }

        @Override
        long change(Cpu c, long old) {
            long value = sext(old);
            return switch (operation) {
                case 0 -> Alu.inc(c, value, unused);
                case 1 -> Alu.dec(c, value, unused);
                default -> Alu.sub(c, 0, value, unused);
            };
        }
    }

    private static final class Not extends ModifyOp {
        Not(Insn i) {
            super(i);
        }

        @Override
        long change(Cpu c, long old) {
            return ~old;
        }
    }

    private static final class Inc64 extends RegisterOp {
        Inc64(Insn i) {
            super(i, i.rm, i.rm);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = Alu.inc(c, c.r[target], 0);
            return next;
        }
    }

    private static final class Inc32 extends RegisterOp {
        Inc32(Insn i) {
            super(i, i.rm, i.rm);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = Alu.inc(c, (int) c.r[target], 32) & 0xFFFFFFFFL;
            return next;
        }
    }

    private static final class Dec64 extends RegisterOp {
        Dec64(Insn i) {
            super(i, i.rm, i.rm);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = Alu.dec(c, c.r[target], 0);
            return next;
        }
    }

    private static final class Dec32 extends RegisterOp {
        Dec32(Insn i) {
            super(i, i.rm, i.rm);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = Alu.dec(c, (int) c.r[target], 32) & 0xFFFFFFFFL;
            return next;
        }
    }
}
