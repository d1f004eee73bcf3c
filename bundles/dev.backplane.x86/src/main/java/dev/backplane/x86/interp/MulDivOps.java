package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** MUL, IMUL, DIV and IDIV. */
final class MulDivOps {
    /** A result that is not zero, but has the sign and parity of zero. */
    private static final long NO_ZERO = 3;

    private MulDivOps() {}

    static Op mul(Insn i) {
        return i.operandBytes == 8 && i.opcodeByte == 0xF7 ? new Mul64(i) : new Mul(i);
    }

    static Op imul1(Insn i) {
        return new Imul1(i);
    }

    static Op imul(Insn i) {
        boolean three = i.opcode.operands().contains("I");
        if (i.operandBytes == 8) {
            return new Imul64(i, three);
        }
        return new Imul(i, three);
    }

    static Op div(Insn i) {
        return new Div(i);
    }

    static Op idiv(Insn i) {
        return new Idiv(i);
    }

    /** Only CF and OF are defined; of the others SF and PF follow the low half, and ZF is clear, as on the processors of today. */
    private static void flags(Cpu c, long low, boolean overflow) {
        c.flagResult = low == 0 ? NO_ZERO : low;
        c.flagCarry = overflow ? 1 : 0;
        c.flagCarries = 0;
    }

    /** Writes a product of 1, 2 or 4-byte operands to AX, DX:AX or EDX:EAX. */
    private static void split(Cpu c, long product, int bytes) {
        long[] r = c.r;
        if (bytes == 1) {
            r[Gpr.RAX] = Sizes.merge(r[Gpr.RAX], product, 2);
        } else {
            r[Gpr.RAX] = Sizes.merge(r[Gpr.RAX], product, bytes);
            r[Gpr.RDX] = Sizes.merge(r[Gpr.RDX], product >>> (bytes << 3), bytes);
        }
    }

    private static final class Mul64 extends GenericOp {
        Mul64(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] r = c.r;
            long a = r[Gpr.RAX];
            long b = memory ? c.load64(address(c)) : rmRegister(c);
            long low = a * b;
            long high = Math.unsignedMultiplyHigh(a, b);
            r[Gpr.RAX] = low;
            r[Gpr.RDX] = high;
            // CF equals OF: no carry into the sign makes them differ.
            flags(c, low, high != 0);
            return next;
        }
    }

    private static final class Mul extends GenericOp {
        Mul(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long product = Sizes.unsigned(c.r[Gpr.RAX], bytes) * rm(c);
            split(c, product, bytes);
            flags(c, sext(product), product >>> (bytes << 3) != 0);
            return next;
        }
    }

    private static final class Imul1 extends GenericOp {
        Imul1(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long a = sext(c.r[Gpr.RAX]);
            long b = sext(rm(c));
            long product = a * b;
            if (bytes == 8) {
                long high = Math.multiplyHigh(a, b);
                c.r[Gpr.RAX] = product;
                c.r[Gpr.RDX] = high;
                flags(c, product, high != product >> 63);
            } else {
                split(c, product, bytes);
                flags(c, sext(product), sext(product) != product);
            }
            return next;
        }
    }

    private static final class Imul64 extends GenericOp {
        private final boolean three;

        Imul64(Insn i, boolean three) {
            super(i);
            this.three = three;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long a = rm(c);
            long b = three ? immediate : reg(c);
            long product = a * b;
            reg(c, product);
            flags(c, product, Math.multiplyHigh(a, b) != product >> 63);
            return next;
        }
    }

    private static final class Imul extends GenericOp {
        private final boolean three;

        Imul(Insn i, boolean three) {
            super(i);
            this.three = three;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long product = sext(rm(c)) * (three ? immediate : sext(reg(c)));
            reg(c, product);
            flags(c, sext(product), sext(product) != product);
            return next;
        }
    }

    private static final class Div extends GenericOp {
        Div(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long divisor = rm(c);
            long[] r = c.r;
            if (bytes == 8) {
                long high = r[Gpr.RDX];
                if (Long.compareUnsigned(high, divisor) >= 0) {
                    throw c.fault(Vector.DE, -1);
                }
                long low = r[Gpr.RAX];
                long quotient = MulDiv.divideUnsigned(high, low, divisor);
                r[Gpr.RAX] = quotient;
                r[Gpr.RDX] = low - quotient * divisor;
                return next;
            }
            long dividend = dividend(c, bytes);
            if (divisor == 0) {
                throw c.fault(Vector.DE, -1);
            }
            long quotient = Long.divideUnsigned(dividend, divisor);
            if (Sizes.unsigned(quotient, bytes) != quotient) {
                throw c.fault(Vector.DE, -1);
            }
            result(c, quotient, dividend - quotient * divisor, bytes);
            return next;
        }
    }

    private static final class Idiv extends GenericOp {
        Idiv(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long divisor = sext(rm(c));
            long[] r = c.r;
            if (bytes == 8) {
                long low = r[Gpr.RAX];
                long quotient = MulDiv.divideSigned(c, r[Gpr.RDX], low, divisor);
                r[Gpr.RAX] = quotient;
                r[Gpr.RDX] = low - quotient * divisor;
                return next;
            }
            long dividend = Sizes.signed(dividend(c, bytes), bytes << 1);
            if (divisor == 0) {
                throw c.fault(Vector.DE, -1);
            }
            long quotient = dividend / divisor;
            if (sext(quotient) != quotient) {
                throw c.fault(Vector.DE, -1);
            }
            result(c, quotient, dividend - quotient * divisor, bytes);
            return next;
        }
    }

    /** AX, DX:AX or EDX:EAX, zero-extended. */
    private static long dividend(Cpu c, int bytes) {
        if (bytes == 1) {
            return c.r[Gpr.RAX] & 0xFFFF;
        }
        return Sizes.unsigned(c.r[Gpr.RDX], bytes) << (bytes << 3) | Sizes.unsigned(c.r[Gpr.RAX], bytes);
    }

    private static void result(Cpu c, long quotient, long remainder, int bytes) {
        long[] r = c.r;
        if (bytes == 1) {
            r[Gpr.RAX] = r[Gpr.RAX] & ~0xFFFFL | quotient & 0xFF | (remainder & 0xFF) << 8;
        } else {
            r[Gpr.RAX] = Sizes.merge(r[Gpr.RAX], quotient, bytes);
            r[Gpr.RDX] = Sizes.merge(r[Gpr.RDX], remainder, bytes);
        }
    }
}
