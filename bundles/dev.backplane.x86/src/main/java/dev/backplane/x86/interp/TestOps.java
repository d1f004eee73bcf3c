package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import org.jspecify.annotations.Nullable;

/** TEST: the common forms, alone and with the conditional branch behind them, and one class for all others. */
final class TestOps {
    private TestOps() {}

    static Op make(Insn i) {
        int bytes = i.opcode.has(Opcode.BYTE) ? 1 : i.operandBytes;
        boolean immediate = i.opcode.operands().contains("I");
        boolean high = bytes == 1 && i.modrm >= 0 && (!i.memory && i.highByte(i.rm) || !immediate && i.highByte(i.reg));
        if (bytes == 2 || high || i.memory && !immediate || immediate && bytes == 8) {
            return new Generic(i);
        }
        if (!immediate) {
            return switch (bytes) {
                case 8 -> new Registers64(i, i.rm, i.reg);
                case 4 -> new Registers32(i, i.rm, i.reg);
                default -> new Registers8(i, i.rm, i.reg);
            };
        }
        if (i.memory) {
            return bytes == 4 ? new MemoryImmediate32(i, 0, 0) : new MemoryImmediate8(i, 0, 0);
        }
        int left = i.modrm < 0 ? Gpr.RAX : i.rm;
        return bytes == 4 ? new Immediate32(i, left, 0) : new Immediate8(i, left, 0);
    }

    /** Two registers. */
    private static final class Registers64 extends CompareOp {
        Registers64(Insn i, int left, int right) {
            super(i, left, right, 8);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            c.logicFlags(r[left] & r[right]);
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
            return test(c, r[left] & r[right]);
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
            c.logicFlags((int) (r[left] & r[right]));
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
            return test(c, (int) (r[left] & r[right]));
        }
    }

    /** The low bytes of two registers. */
    private static final class Registers8 extends CompareOp {
        Registers8(Insn i, int left, int right) {
            super(i, left, right, 1);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            c.logicFlags((byte) (r[left] & r[right]));
            return next;
        }

        @Override
        CompareBranch fuse(Blocks blocks, Insn jump) {
            return new Registers8Branch(blocks, jump, this);
        }
    }

    private static final class Registers8Branch extends CompareBranch {
        Registers8Branch(Blocks blocks, Insn jump, CompareOp comparison) {
            super(blocks, jump, comparison);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            return test(c, (byte) (r[left] & r[right]));
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
            c.logicFlags((int) (r[left] & immediate));
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
            return test(c, (int) (r[left] & immediate));
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
            c.logicFlags((byte) (r[left] & immediate));
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
            return test(c, (byte) (r[left] & immediate));
        }
    }

    /** Memory and an immediate. */
    private static final class MemoryImmediate8 extends CompareOp {
        MemoryImmediate8(Insn i, int left, int right) {
            super(i, left, right, 1);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.logicFlags((byte) (c.load8(address(c)) & immediate));
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
            return test(c, (byte) (c.load8(address(c)) & immediate));
        }
    }

    /** Memory and an immediate. */
    private static final class MemoryImmediate32 extends CompareOp {
        MemoryImmediate32(Insn i, int left, int right) {
            super(i, left, right, 4);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.logicFlags((int) (c.load32(address(c)) & immediate));
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
            return test(c, (int) (c.load32(address(c)) & immediate));
        }
    }

    /** All other forms. */
    private static final class Generic extends GenericOp {
        private final boolean accumulator;
        private final boolean fromRegister;

        Generic(Insn i) {
            super(i);
            accumulator = i.modrm < 0;
            fromRegister = i.opcode.operands().contains("G");
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long a = accumulator ? sext(c.r[Gpr.RAX]) : sext(rm(c));
            c.logicFlags(a & (fromRegister ? sext(reg(c)) : immediate));
            return next;
        }
    }
}
