package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** BMI1 and BMI2 (SDM volume 1, 5.1.16), and LZCNT. Flags that are left undefined are clear, or follow the result. */
final class BmiOps {
    private BmiOps() {}

    static @Nullable Op make(Insn i, int mode) {
        if (i.vex() && (mode & Cpu.NO_VEX) != 0) {
            return new FaultOp(Vector.UD, -1);
        }
        return switch (i.mnemonic()) {
            case TZCNT, LZCNT -> new Count(i, i.mnemonic() == Mnemonic.LZCNT);
            case ANDN -> new AndNot(i);
            case BLSR, BLSMSK, BLSI -> new LowestBit(i);
            case BEXTR -> new Extract(i);
            case BZHI -> new ZeroHigh(i);
            case MULX -> new Multiply(i);
            case PDEP -> new Scatter(i, true);
            case PEXT -> new Scatter(i, false);
            case SHLX, SHRX, SARX -> new Shift(i);
            case RORX -> new Rotate(i);
            default -> null;
        };
    }

    /** SF and ZF follow the result; OF is clear. */
    private static void flags(Cpu c, long extended, boolean carry) {
        c.logicFlags(extended);
        if (carry) {
            c.setCf(1);
        }
    }

    /** Operations with a register in VEX.vvvv. */
    private abstract static class ThreeOperands extends GenericOp {
        private final int vvvv;

        ThreeOperands(Insn i) {
            super(i);
            vvvv = i.vvvv;
        }

        final long vvvv(Cpu c) {
            return bytes == 8 ? c.r[vvvv] : c.r[vvvv] & 0xFFFF_FFFFL;
        }

        final void vvvv(Cpu c, long value) {
            c.r[vvvv] = bytes == 8 ? value : value & 0xFFFF_FFFFL;
        }
    }

    private static final class Count extends GenericOp {
        private final boolean leading;

        Count(Insn i, boolean leading) {
            super(i);
            this.leading = leading;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = rm(c);
            int bits = bytes << 3;
            long count = leading
                    ? Long.numberOfLeadingZeros(value) - unused
                    : Math.min(Long.numberOfTrailingZeros(value), bits);
            reg(c, count);
            c.setArithmeticFlags((value == 0 ? Bits.CF : 0) | (count == 0 ? Bits.ZF : 0));
            return next;
        }
    }

    private static final class AndNot extends ThreeOperands {
        AndNot(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long result = ~vvvv(c) & rm(c);
            reg(c, result);
            flags(c, sext(result), false);
            return next;
        }
    }

    /** BLSR clears the lowest set bit, BLSI keeps it alone, BLSMSK makes a mask up to it. */
    private static final class LowestBit extends ThreeOperands {
        private final Mnemonic mnemonic;

        LowestBit(Insn i) {
            super(i);
            mnemonic = i.mnemonic();
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = rm(c);
            long result = switch (mnemonic) {
                case BLSR -> value & value - 1;
                case BLSI -> value & -value;
                default -> value ^ value - 1;
            };
            vvvv(c, result);
            flags(c, sext(result), value == 0 != (mnemonic == Mnemonic.BLSI));
            return next;
        }
    }

    private static final class Extract extends ThreeOperands {
        Extract(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = rm(c);
            long control = vvvv(c);
            int start = (int) control & 0xFF;
            int length = (int) (control >>> 8) & 0xFF;
            long result = start > 63 ? 0 : value >>> start;
            result = length > 63 ? result : result & (1L << length) - 1;
            reg(c, result);
            c.setArithmeticFlags(result == 0 ? Bits.ZF : 0);
            return next;
        }
    }

    private static final class ZeroHigh extends ThreeOperands {
        ZeroHigh(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = rm(c);
            int from = (int) vvvv(c) & 0xFF;
            boolean beyond = from >= bytes << 3;
            long result = beyond ? value : value & (1L << from) - 1;
            reg(c, result);
            flags(c, sext(result), beyond);
            return next;
        }
    }

    /** MULX: where both halves have one destination the upper one wins. */
    private static final class Multiply extends ThreeOperands {
        Multiply(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long a = c.r[Gpr.RDX];
            long b = rm(c);
            if (bytes == 8) {
                vvvv(c, a * b);
                reg(c, Math.unsignedMultiplyHigh(a, b));
            } else {
                long product = (a & 0xFFFF_FFFFL) * b;
                vvvv(c, product);
                reg(c, product >>> 32);
            }
            return next;
        }
    }

    /** PDEP and PEXT. */
    private static final class Scatter extends ThreeOperands {
        private final boolean deposit;

        Scatter(Insn i, boolean deposit) {
            super(i);
            this.deposit = deposit;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long mask = rm(c);
            long value = vvvv(c);
            reg(c, deposit ? Long.expand(value, mask) : Long.compress(value, mask));
            return next;
        }
    }

    private static final class Shift extends ThreeOperands {
        private final Mnemonic mnemonic;

        Shift(Insn i) {
            super(i);
            mnemonic = i.mnemonic();
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = rm(c);
            int count = (int) vvvv(c) & (bytes << 3) - 1;
            reg(
                    c,
                    switch (mnemonic) {
                        case SHLX -> value << count;
                        case SHRX -> value >>> count;
                        default -> sext(value) >> count;
                    });
            return next;
        }
    }

    private static final class Rotate extends GenericOp {
        private final int count;

        Rotate(Insn i) {
            super(i);
            count = (int) i.immediate;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = rm(c);
            reg(c, bytes == 8 ? Long.rotateRight(value, count) : Integer.rotateRight((int) value, count));
            return next;
        }
    }
}
