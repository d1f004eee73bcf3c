package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** AND to a register, 32 and 64 bits. */
final class AndOps {
    private AndOps() {}

    /** The operation for {@code target op= source}: register, memory or immediate. */
    static Op make(Insn i, Source source, int target) {
        boolean wide = i.operandBytes == 8;
        return switch (source) {
            case REGISTER -> wide ? new Register64(i, target) : new Register32(i, target);
            case MEMORY -> wide ? new Memory64(i, target) : new Memory32(i, target);
            case IMMEDIATE -> wide ? new Immediate64(i, target) : new Immediate32(i, target);
        };
    }

    private static final class Register64 extends RegisterOp {
        Register64(Insn i, int target) {
            super(i, target, Source.register(i));
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            r[target] = Alu.and(c, r[target], r[source], 0);
            return next;
        }
    }

    private static final class Immediate64 extends RegisterOp {
        Immediate64(Insn i, int target) {
            super(i, target, Source.register(i));
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            r[target] = Alu.and(c, r[target], immediate, 0);
            return next;
        }
    }

    private static final class Memory64 extends MemOp {
        private final int target;

        Memory64(Insn i, int target) {
            super(i, 8, false);
            this.target = target;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long right = c.load64(address(c));
            long[] r = c.r;
            r[target] = Alu.and(c, r[target], right, 0);
            return next;
        }
    }

    private static final class Register32 extends RegisterOp {
        Register32(Insn i, int target) {
            super(i, target, Source.register(i));
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            r[target] = Alu.and(c, (int) r[target], (int) r[source], 32) & 0xFFFFFFFFL;
            return next;
        }
    }

    private static final class Immediate32 extends RegisterOp {
        Immediate32(Insn i, int target) {
            super(i, target, Source.register(i));
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            r[target] = Alu.and(c, (int) r[target], immediate, 32) & 0xFFFFFFFFL;
            return next;
        }
    }

    private static final class Memory32 extends MemOp {
        private final int target;

        Memory32(Insn i, int target) {
            super(i, 4, false);
            this.target = target;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long right = (int) c.load32(address(c));
            long[] r = c.r;
            r[target] = Alu.and(c, (int) r[target], right, 32) & 0xFFFFFFFFL;
            return next;
        }
    }
}
