package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import org.jspecify.annotations.Nullable;

/** Shifts, rotates, SHLD and SHRD. */
final class ShiftOps {
    private ShiftOps() {}

    static Op make(Insn i) {
        int operation = i.extension() == 6 ? Shifts.SHL : i.extension();
        String count = i.opcode.operands();
        if (!i.memory && !i.opcode.has(Opcode.BYTE) && i.operandBytes >= 4 && !count.endsWith("CL")) {
            boolean wide = i.operandBytes == 8;
            int n = (count.endsWith("1") ? 1 : (int) i.immediate) & (wide ? 63 : 31);
            if (n != 0) {
                switch (operation) {
                    case Shifts.SHL -> {
                        return wide ? new Shl64(i, n) : new Shl32(i, n);
                    }
                    case Shifts.SHR -> {
                        return wide ? new Shr64(i, n) : new Shr32(i, n);
                    }
                    case Shifts.SAR -> {
                        return wide ? new Sar64(i, n) : new Sar32(i, n);
                    }
                    default -> {}
                }
            }
        }
        return new Shift(i, operation);
    }

    static Op makeDouble(Insn i, boolean left) {
        return new DoubleShift(i, left);
    }

    /** Any form. */
    private static final class Shift extends ModifyOp {
        private final int operation;
        private final int fixed;
        private final boolean variable;
        /** OF is undefined after rotating by a constant other than 1: today's processors leave it, of a register. */
        private final boolean keepsOverflow;

        Shift(Insn i, int operation) {
            super(i);
            this.operation = operation;
            variable = i.opcode.operands().endsWith("CL");
            fixed = i.opcode.operands().endsWith("1") ? 1 : (int) i.immediate;
            boolean rotate = operation == Shifts.ROL || operation == Shifts.ROR;
            keepsOverflow = rotate && !memory && !variable && (fixed & (bytes == 8 ? 63 : 31)) != 1;
        }

        @Override
        long change(Cpu c, long old) {
            int count = (variable ? (int) c.r[Gpr.RCX] : fixed) & (bytes == 8 ? 63 : 31);
            if (count == 0) {
                return old;
            }
            boolean overflow = c.of();
            long result = Shifts.apply(operation, c, old, count, bytes << 3);
            if (keepsOverflow && c.of() != overflow) {
                c.flagCarries ^= Long.MIN_VALUE;
            }
            return result;
        }
    }

    private static final class DoubleShift extends ModifyOp {
        private final boolean left;
        private final boolean variable;

        DoubleShift(Insn i, boolean left) {
            super(i);
            this.left = left;
            variable = i.opcode.operands().endsWith("CL");
        }

        @Override
        long change(Cpu c, long old) {
            int count = (int) (variable ? c.r[Gpr.RCX] : immediate) & (bytes == 8 ? 63 : 31);
            if (count == 0) {
                return old;
            }
            return left
                    ? Shifts.shld(c, old, reg(c), count, bytes << 3)
                    : Shifts.shrd(c, old, reg(c), count, bytes << 3);
        }
    }

    /** A register and a constant count that is not zero. */
    private abstract static class Constant extends RegisterOp {
        final int shift;

        Constant(Insn i, int shift) {
            super(i, i.rm, i.rm);
            this.shift = shift;
        }
    }

    private static final class Shl64 extends Constant {
        Shl64(Insn i, int shift) {
            super(i, shift);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = Shifts.shl(c, c.r[target], shift, 64);
            return next;
        }
    }

    private static final class Shl32 extends Constant {
        Shl32(Insn i, int shift) {
            super(i, shift);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = Shifts.shl(c, c.r[target], shift, 32) & 0xFFFFFFFFL;
            return next;
        }
    }

    private static final class Shr64 extends Constant {
        Shr64(Insn i, int shift) {
            super(i, shift);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = Shifts.shr(c, c.r[target], shift, 64);
            return next;
        }
    }

    private static final class Shr32 extends Constant {
        Shr32(Insn i, int shift) {
            super(i, shift);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = Shifts.shr(c, c.r[target] & 0xFFFFFFFFL, shift, 32);
            return next;
        }
    }

    private static final class Sar64 extends Constant {
        Sar64(Insn i, int shift) {
            super(i, shift);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = Shifts.sar(c, c.r[target], shift, 64);
            return next;
        }
    }

    private static final class Sar32 extends Constant {
        Sar32(Insn i, int shift) {
            super(i, shift);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.r[target] = Shifts.sar(c, c.r[target], shift, 32) & 0xFFFFFFFFL;
            return next;
        }
    }
}
