package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import org.jspecify.annotations.Nullable;

/** Near transfers: JMP, Jcc, CALL, RET, LOOP, JCXZ. */
final class BranchOps {
    private BranchOps() {}

    static Op jmp(Blocks blocks, Insn i) {
        return new Jmp(blocks, i);
    }

    static Op jcc(Blocks blocks, Insn i) {
        return switch (i.opcodeByte & 15) {
            case 4 -> new JumpZero(blocks, i);
            case 5 -> new JumpNotZero(blocks, i);
            default -> new Jcc(blocks, i);
        };
    }

    static Op call(Blocks blocks, Insn i) {
        return i.mode == Cpu.CODE64 ? new Call64(blocks, i) : new Call(blocks, i);
    }

    static Op ret(Blocks blocks, Insn i) {
        return i.mode == Cpu.CODE64 ? new Ret64(blocks, i) : new Ret(blocks, i);
    }

    static Op indirect(Blocks blocks, Insn i, boolean call) {
        return new Indirect(blocks, i, call);
    }

    static Op loop(Blocks blocks, Insn i) {
        return new Loop(blocks, i);
    }

    /** Ends a block at a target that is known only now. */
    private static @Nullable Op go(Cpu c, Blocks blocks, Op from, long target) {
        c.instructions += from.count;
        c.rip = target;
        return c.wanted() ? null : blocks.find(c);
    }

    private static final class Jmp extends BranchOp {
        Jmp(Blocks blocks, Insn i) {
            super(blocks, i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            return take(c);
        }
    }

    private static final class JumpZero extends BranchOp {
        JumpZero(Blocks blocks, Insn i) {
            super(blocks, i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            return c.flagResult == 0 ? take(c) : fall(c);
        }
    }

    private static final class JumpNotZero extends BranchOp {
        JumpNotZero(Blocks blocks, Insn i) {
            super(blocks, i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            return c.flagResult != 0 ? take(c) : fall(c);
        }
    }

    private static final class Jcc extends BranchOp {
        private final int condition;

        Jcc(Blocks blocks, Insn i) {
            super(blocks, i);
            condition = i.opcodeByte & 15;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            return Conditions.test(c, condition) ? take(c) : fall(c);
        }
    }

    private static final class Call64 extends BranchOp {
        private final Blocks blocks;

        Call64(Blocks blocks, Insn i) {
            super(blocks, i);
            this.blocks = blocks;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long target = target(c);
            long[] r = c.r;
            long pointer = r[Gpr.RSP] - 8;
            c.store64(pointer, r[Gpr.IP] + end);
            r[Gpr.RSP] = pointer;
            return go(c, blocks, this, target);
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }

    private static final class Call extends BranchOp {
        private final Blocks blocks;
        private final int bytes;

        Call(Blocks blocks, Insn i) {
            super(blocks, i);
            this.blocks = blocks;
            bytes = i.operandBytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long target = target(c);
            Stack.push(c, bytes, nextRip(c));
            return go(c, blocks, this, target);
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }

    private static final class Ret64 extends Op {
        private final Blocks blocks;
        private final long release;

        Ret64(Blocks blocks, Insn i) {
            this.blocks = blocks;
            release = 8 + i.immediate;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            long pointer = r[Gpr.RSP];
            long target = c.load64(pointer);
            if (target << 16 >> 16 != target) {
                NearTransfer.check(c, target);
            }
            r[Gpr.RSP] = pointer + release;
            return go(c, blocks, this, target);
        }

        @Override
        public boolean endsBlock() {
            return true;
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }

    private static final class Ret extends Op {
        private final Blocks blocks;
        private final int bytes;
        private final long release;

        Ret(Blocks blocks, Insn i) {
            this.blocks = blocks;
            bytes = i.operandBytes;
            release = i.immediate;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long target = Stack.top(c, bytes);
            NearTransfer.check(c, target);
            Stack.move(c, bytes + release);
            return go(c, blocks, this, target);
        }

        @Override
        public boolean endsBlock() {
            return true;
        }

        @Override
        public boolean usesStack() {
            return true;
        }
    }

    /** JMP and CALL through a register or memory. */
    private static final class Indirect extends GenericOp {
        private final Blocks blocks;
        private final boolean call;

        Indirect(Blocks blocks, Insn i, boolean call) {
            super(i);
            this.blocks = blocks;
            this.call = call;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long target = rm(c);
            if (call) {
                // As on processors, the return address is in memory already where the target turns out to be none.
                long stack = c.r[Gpr.RSP];
                Stack.push(c, bytes, nextRip(c));
                if (!NearTransfer.isGood(c, target)) {
                    c.r[Gpr.RSP] = stack;
                }
            }
            NearTransfer.check(c, target);
            return go(c, blocks, this, target);
        }

        @Override
        public boolean endsBlock() {
            return true;
        }

        @Override
        public boolean usesStack() {
            return call || super.usesStack();
        }
    }

    /** LOOP, LOOPE, LOOPNE and JCXZ: the count register has the address size. */
    private static final class Loop extends BranchOp {
        private final int kind;
        private final int countBytes;

        Loop(Blocks blocks, Insn i) {
            super(blocks, i);
            kind = i.opcodeByte & 3;
            countBytes = i.addressBytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            if (kind == 3) {
                return Sizes.unsigned(r[Gpr.RCX], countBytes) == 0 ? take(c) : fall(c);
            }
            long left = Sizes.unsigned(r[Gpr.RCX] - 1, countBytes);
            boolean taken = left != 0 && (kind == 2 || c.zf() == (kind == 1));
            if (taken) {
                target(c);
            }
            r[Gpr.RCX] = Sizes.merge(r[Gpr.RCX], left, countBytes);
            return taken ? take(c) : fall(c);
        }
    }
}
