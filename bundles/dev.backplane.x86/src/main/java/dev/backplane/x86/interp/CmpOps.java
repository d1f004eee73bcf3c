package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import org.jspecify.annotations.Nullable;

/** CMP: the common forms, alone and with the conditional branch behind them, and one class for all others. */
final class CmpOps {
    private CmpOps() {}

    static Op make(Insn i) {
        int bytes = i.opcode.has(Opcode.BYTE) ? 1 : i.operandBytes;
        String operands = i.opcode.operands();
        boolean immediate = operands.contains("I");
        if (bytes == 2 || bytes == 1 && (!immediate || !i.memory && i.modrm >= 0 && i.highByte(i.rm))) {
            return new Generic(i);
        }
        if (immediate) {
            int left = i.modrm < 0 ? Gpr.RAX : i.rm;
            if (i.memory) {
                return switch (bytes) {
                    case 8 -> new MemoryImmediate64(i, 0, 0);
                    case 4 -> new MemoryImmediate32(i, 0, 0);
                    default -> new MemoryImmediate8(i, 0, 0);
                };
            }
            return switch (bytes) {
                case 8 -> new Immediate64(i, left, 0);
                case 4 -> new Immediate32(i, left, 0);
                default -> new Immediate8(i, left, 0);
            };
        }
        boolean wide = bytes == 8;
        boolean reversed = operands.startsWith("G");
        if (!i.memory) {
            int left = reversed ? i.reg : i.rm;
            int right = reversed ? i.rm : i.reg;
            return wide ? new Registers64(i, left, right) : new Registers32(i, left, right);
        }
        if (reversed) {
            return wide ? new RegisterMemory64(i, i.reg, 0) : new RegisterMemory32(i, i.reg, 0);
        }
        return wide ? new MemoryRegister64(i, 0, i.reg) : new MemoryRegister32(i, 0, i.reg);
    }

    /** Two registers. */
    private static final class Registers64 extends CompareOp {
        Registers64(Insn i, int left, int right) {
            super(i, left, right, 8);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            Alu.sub(c, r[left], r[right], 0);
            return next;
        }

        @Override
        CompareBranch fuse(Blocks blocks, Insn jump) {
            return new Registers64Branch(blocks, jump, this);
        }
    }

    private static final class Registers64Branch extends CompareBranch {
        Registers64Branch(Blocks blocks, Insn jump, CompareOp comparison) {
            super(blocks, jump, comparison);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            return compare(c, r[left], r[right], 0);
        }
    }

    /** Two registers. */
    private static final class Registers32 extends CompareOp {
        Registers32(Insn i, int left, int right) {
            super(i, left, right, 4);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            Alu.sub(c, (int) r[left], (int) r[right], 32);
            return next;
        }

        @Override
        CompareBranch fuse(Blocks blocks, Insn jump) {
            return new Registers32Branch(blocks, jump, this);
        }
    }

    private static final class Registers32Branch extends CompareBranch {
        Registers32Branch(Blocks blocks, Insn jump, CompareOp comparison) {
            super(blocks, jump, comparison);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            return compare(c, (int) r[left], (int) r[right], 32);
        }
    }

    /** A register and an immediate. */
    private static final class Immediate64 extends CompareOp {
        Immediate64(Insn i, int left, int right) {
            super(i, left, right, 8);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            Alu.sub(c, r[left], immediate, 0);
            return next;
        }

        @Override
        CompareBranch fuse(Blocks blocks, Insn jump) {
            return new Immediate64Branch(blocks, jump, this);
        }
    }

    private static final class Immediate64Branch extends CompareBranch {
        Immediate64Branch(Blocks blocks, Insn jump, CompareOp comparison) {
            super(blocks, jump, comparison);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            return compare(c, r[left], immediate, 0);
        }
    }

    /** A register and an immediate. */
    private static final class Immediate32 extends CompareOp {
        Immediate32(Insn i, int left, int right) {
            super(i, left, right, 4);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            Alu.sub(c, (int) r[left], immediate, 32);
            return next;
        }

        @Override
        CompareBranch fuse(Blocks blocks, Insn jump) {
            return new Immediate32Branch(blocks, jump, this);
        }
    }

    private static final class Immediate32Branch extends CompareBranch {
        Immediate32Branch(Blocks blocks, Insn jump, CompareOp comparison) {
            super(blocks, jump, comparison);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            return compare(c, (int) r[left], immediate, 32);
        }
    }

    /** The low byte of a register and an immediate. */
    private static final class Immediate8 extends CompareOp {
        Immediate8(Insn i, int left, int right) {
            super(i, left, right, 1);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            Alu.sub(c, (byte) r[left], immediate, 56);
            return next;
        }

        @Override
        CompareBranch fuse(Blocks blocks, Insn jump) {
            return new Immediate8Branch(blocks, jump, this);
        }
    }

    private static final class Immediate8Branch extends CompareBranch {
        Immediate8Branch(Blocks blocks, Insn jump, CompareOp comparison) {
            super(blocks, jump, comparison);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            return compare(c, (byte) r[left], immediate, 56);
        }
    }

    /** Memory and an immediate. */
    private static final class MemoryImmediate64 extends CompareOp {
        MemoryImmediate64(Insn i, int left, int right) {
            super(i, left, right, 8);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            Alu.sub(c, c.load64(address(c)), immediate, 0);
            return next;
        }

        @Override
        CompareBranch fuse(Blocks blocks, Insn jump) {
            return new MemoryImmediate64Branch(blocks, jump, this);
        }
    }

    private static final class MemoryImmediate64Branch extends CompareBranch {
        MemoryImmediate64Branch(Blocks blocks, Insn jump, CompareOp comparison) {
            super(blocks, jump, comparison);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            return compare(c, c.load64(address(c)), immediate, 0);
        }
    }

    /** Memory and an immediate. */
    private static final class MemoryImmediate32 extends CompareOp {
        MemoryImmediate32(Insn i, int left, int right) {
            super(i, left, right, 4);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            Alu.sub(c, (int) c.load32(address(c)), immediate, 32);
            return next;
        }

        @Override
        CompareBranch fuse(Blocks blocks, Insn jump) {
            return new MemoryImmediate32Branch(blocks, jump, this);
        }
    }

    private static final class MemoryImmediate32Branch extends CompareBranch {
        MemoryImmediate32Branch(Blocks blocks, Insn jump, CompareOp comparison) {
            super(blocks, jump, comparison);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            return compare(c, (int) c.load32(address(c)), immediate, 32);
        }
    }

    /** Memory and an immediate. */
    private static final class MemoryImmediate8 extends CompareOp {
        MemoryImmediate8(Insn i, int left, int right) {
            super(i, left, right, 1);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            Alu.sub(c, (byte) c.load8(address(c)), immediate, 56);
            return next;
        }

        @Override
        CompareBranch fuse(Blocks blocks, Insn jump) {
            return new MemoryImmediate8Branch(blocks, jump, this);
        }
    }

    private static final class MemoryImmediate8Branch extends CompareBranch {
        MemoryImmediate8Branch(Blocks blocks, Insn jump, CompareOp comparison) {
            super(blocks, jump, comparison);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            return compare(c, (byte) c.load8(address(c)), immediate, 56);
        }
    }

    /** Memory and a register. */
    private static final class MemoryRegister64 extends CompareOp {
        MemoryRegister64(Insn i, int left, int right) {
            super(i, left, right, 8);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            Alu.sub(c, c.load64(address(c)), c.r[right], 0);
            return next;
        }

        @Override
        CompareBranch fuse(Blocks blocks, Insn jump) {
            return new MemoryRegister64Branch(blocks, jump, this);
        }
    }

    private static final class MemoryRegister64Branch extends CompareBranch {
        MemoryRegister64Branch(Blocks blocks, Insn jump, CompareOp comparison) {
            super(blocks, jump, comparison);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            return compare(c, c.load64(address(c)), c.r[right], 0);
        }
    }

    /** Memory and a register. */
    private static final class MemoryRegister32 extends CompareOp {
        MemoryRegister32(Insn i, int left, int right) {
            super(i, left, right, 4);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            Alu.sub(c, (int) c.load32(address(c)), (int) c.r[right], 32);
            return next;
        }

        @Override
        CompareBranch fuse(Blocks blocks, Insn jump) {
            return new MemoryRegister32Branch(blocks, jump, this);
        }
    }

    private static final class MemoryRegister32Branch extends CompareBranch {
        MemoryRegister32Branch(Blocks blocks, Insn jump, CompareOp comparison) {
            super(blocks, jump, comparison);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            return compare(c, (int) c.load32(address(c)), (int) c.r[right], 32);
        }
    }

    /** A register and memory. */
    private static final class RegisterMemory64 extends CompareOp {
        RegisterMemory64(Insn i, int left, int right) {
            super(i, left, right, 8);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            long b = c.load64(address(c));
            Alu.sub(c, c.r[left], b, 0);
            return next;
        }

        @Override
        CompareBranch fuse(Blocks blocks, Insn jump) {
            return new RegisterMemory64Branch(blocks, jump, this);
        }
    }

    private static final class RegisterMemory64Branch extends CompareBranch {
        RegisterMemory64Branch(Blocks blocks, Insn jump, CompareOp comparison) {
            super(blocks, jump, comparison);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            long b = c.load64(address(c));
            return compare(c, c.r[left], b, 0);
        }
    }

    /** A register and memory. */
    private static final class RegisterMemory32 extends CompareOp {
        RegisterMemory32(Insn i, int left, int right) {
            super(i, left, right, 4);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            int b = (int) c.load32(address(c));
            Alu.sub(c, (int) c.r[left], b, 32);
            return next;
        }

        @Override
        CompareBranch fuse(Blocks blocks, Insn jump) {
            return new RegisterMemory32Branch(blocks, jump, this);
        }
    }

    private static final class RegisterMemory32Branch extends CompareBranch {
        RegisterMemory32Branch(Blocks blocks, Insn jump, CompareOp comparison) {
            super(blocks, jump, comparison);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            int b = (int) c.load32(address(c));
            return compare(c, (int) c.r[left], b, 32);
        }
    }

    /** Words, and bytes of two operands. */
    private static final class Generic extends GenericOp {
        private final boolean accumulator;
        private final boolean reversed;
        private final boolean fromRegister;

        Generic(Insn i) {
            super(i);
            accumulator = i.modrm < 0;
            reversed = i.opcode.operands().startsWith("G");
            fromRegister = i.opcode.operands().contains("G");
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long a = accumulator ? sext(c.r[Gpr.RAX]) : sext(rm(c));
            long b = fromRegister ? sext(reg(c)) : immediate;
            if (reversed) {
                Alu.sub(c, b, a, unused);
            } else {
                Alu.sub(c, a, b, unused);
            }
            return next;
        }
    }
}
