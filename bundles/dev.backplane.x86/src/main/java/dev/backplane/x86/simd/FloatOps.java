package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.fpu.X87Traps;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** The shapes that floating-point operations come in. Each computes first, then lets exceptions fault, then commits. */
final class FloatOps {
    private FloatOps() {}

    /** A function of two vectors; the result is in {@link SseUnit#low} and {@link SseUnit#high}. */
    @FunctionalInterface
    interface VectorFunction {
        void apply(SseUnit u, long aLow, long aHigh, long bLow, long bHigh, int immediate);
    }

    /** Any function of two vectors. */
    static final class Packed extends XmmOp {
        private final SseUnit u;
        private final VectorFunction f;
        private final int immediate;

        Packed(Insn i, SseUnit u, VectorFunction f) {
            super(i);
            this.u = u;
            this.f = f;
            immediate = (int) i.immediate & 0xFF;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long[] x = c.xmm;
            u.begin(c.mxcsr);
            f.apply(u, x[d], x[d + 1], low, high, immediate);
            u.finish(c);
            x[d] = u.low;
            x[d + 1] = u.high;
            return next;
        }
    }

    /** A function of two doubles; the upper half stays. */
    static final class ScalarDouble extends XmmOp {
        private final SseUnit u;
        private final Doubles.Function f;

        ScalarDouble(Insn i, SseUnit u, Doubles.Function f) {
            super(i);
            this.u = u;
            this.f = f;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            u.begin(c.mxcsr);
            long result = f.apply(u, c.xmm[d], low);
            u.finish(c);
            c.xmm[d] = result;
            return next;
        }
    }

    /** A function of two singles; the upper three stay. */
    static final class ScalarSingle extends XmmOp {
        private final SseUnit u;
        private final Singles.Function f;

        ScalarSingle(Insn i, SseUnit u, Singles.Function f) {
            super(i);
            this.u = u;
            this.f = f;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            u.begin(c.mxcsr);
            int result = f.apply(u, (int) c.xmm[d], (int) low);
            u.finish(c);
            c.xmm[d] = c.xmm[d] >>> 32 << 32 | result & 0xFFFF_FFFFL;
            return next;
        }
    }

    /** CVTSD2SS: a double becomes a single; the upper three stay. */
    static final class Narrow extends XmmOp {
        private final SseUnit u;

        Narrow(Insn i, SseUnit u) {
            super(i);
            this.u = u;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            u.begin(c.mxcsr);
            int result = SseConversion.doubleToSingle(u, low);
            u.finish(c);
            c.xmm[d] = c.xmm[d] >>> 32 << 32 | result & 0xFFFF_FFFFL;
            return next;
        }
    }

    /** COMISS, COMISD, UCOMISS and UCOMISD. */
    static final class Compare extends XmmOp {
        private final SseUnit u;
        private final Format format;
        private final boolean signals;

        Compare(Insn i, SseUnit u, Format format, boolean signals) {
            super(i);
            this.u = u;
            this.format = format;
            this.signals = signals;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            u.begin(c.mxcsr);
            long mask = format == Format.SINGLE ? 0xFFFF_FFFFL : -1;
            int flags = SseComparison.flags(u, format, c.xmm[d] & mask, low & mask, signals);
            u.finish(c);
            c.setArithmeticFlags(flags);
            return next;
        }
    }

    /** CVTSI2SS and CVTSI2SD. */
    static final class FromGeneral extends MemOp {
        private final SseUnit u;
        private final Format format;
        private final int d;
        private final int source;
        private final boolean memory;
        private final boolean wide;

        FromGeneral(Insn i, SseUnit u, Format format) {
            super(i, MoveOps.generalBytes(i), false);
            this.u = u;
            this.format = format;
            d = i.reg << 1;
            source = i.rm;
            memory = i.memory;
            wide = MoveOps.generalBytes(i) == 8;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = !memory ? c.r[source] : wide ? c.load64(address(c)) : c.load32(address(c));
            u.begin(c.mxcsr);
            long result = SseConversion.fromInteger(u, format, wide ? value : (int) value);
            u.finish(c);
            c.xmm[d] = format == Format.SINGLE ? c.xmm[d] >>> 32 << 32 | result : result;
            return next;
        }
    }

    /** CVTSS2SI, CVTSD2SI and the truncating forms. */
    static final class ToGeneral extends XmmOp {
        private final SseUnit u;
        private final Format format;
        private final boolean truncate;
        private final int target;
        private final boolean wide;

        ToGeneral(Insn i, SseUnit u, Format format, boolean truncate) {
            super(i);
            this.u = u;
            this.format = format;
            this.truncate = truncate;
            target = i.reg;
            wide = MoveOps.generalBytes(i) == 8;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            u.begin(c.mxcsr);
            long operand = format == Format.SINGLE ? low & 0xFFFF_FFFFL : low;
            long result = SseConversion.toInteger(u, format, operand, wide ? 64 : 32, truncate);
            u.finish(c);
            c.r[target] = wide ? result : result & 0xFFFF_FFFFL;
            return next;
        }
    }

    /** CVTPS2PI, CVTPD2PI and the truncating forms: two numbers become integers in an MMX register. */
    static final class ToMmx extends XmmOp {
        private final SseUnit u;
        private final Format format;
        private final boolean truncate;
        private final int target;

        ToMmx(Insn i, SseUnit u, Format format, boolean truncate) {
            super(i);
            this.u = u;
            this.format = format;
            this.truncate = truncate;
            target = i.reg & 7;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            X87Traps.check(c);
            fetch(c);
            // The switch to MMX is not undone by #XM: so do processors.
            c.fpu.enterMmx();
            u.begin(c.mxcsr);
            long result = format == Format.DOUBLE
                    ? Doubles.toIntegers(u, low, high, truncate)
                    : Singles.each(u, (unit, a, b) -> Singles.toInteger(unit, b, truncate), 0, low);
            u.finish(c);
            c.fpu.writeMmx(target, result);
            return next;
        }
    }

    /** CVTPI2PS and CVTPI2PD: two integers from an MMX register or memory. */
    static final class FromMmx extends MmxOp {
        private final SseUnit u;
        private final Format format;
        private final int target;
        private final boolean entersMmx;

        FromMmx(Insn i, SseUnit u, Format format) {
            super(i);
            this.u = u;
            this.format = format;
            target = i.reg << 1;
            entersMmx = !i.memory;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long source = fetch(c);
            if (entersMmx) {
                c.fpu.enterMmx();
            }
            u.begin(c.mxcsr);
            if (format == Format.DOUBLE) {
                c.xmm[target] = Doubles.fromInteger(Singles.low(source));
                c.xmm[target + 1] = Doubles.fromInteger(Singles.high(source));
            } else {
                long result = Singles.each(u, (unit, a, b) -> Singles.fromInteger(unit, b), 0, source);
                u.finish(c);
                c.xmm[target] = result;
            }
            return next;
        }
    }
}
