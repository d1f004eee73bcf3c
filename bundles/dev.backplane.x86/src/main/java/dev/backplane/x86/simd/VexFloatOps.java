package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** The shapes that floating-point operations of AVX come in: SSE's functions. Each computes, lets exceptions fault, then commits. */
final class VexFloatOps {
    private VexFloatOps() {}

    /** A function of two vectors, 128 bits at a time. */
    static final class Packed extends VexOp {
        private final SseUnit u;
        private final FloatOps.VectorFunction f;

        Packed(Insn i, SseUnit u, FloatOps.VectorFunction f) {
            super(i);
            this.u = u;
            this.f = f;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            u.begin(c.mxcsr);
            f.apply(u, c.xmm[h], c.xmm[h + 1], b0, b1, immediate);
            long q0 = u.low;
            long q1 = u.high;
            if (wide) {
                f.apply(u, c.ymm[h], c.ymm[h + 1], b2, b3, immediate);
                u.finish(c);
                write(c, d, q0, q1, u.low, u.high);
            } else {
                u.finish(c);
                write(c, d, q0, q1);
            }
            return next;
        }
    }

    /** Elements become twice as wide: each half of the result comes from one quadword. */
    static final class Widen extends VexOp {
        private final SseUnit u;
        private final FloatOps.VectorFunction f;

        Widen(Insn i, SseUnit u, FloatOps.VectorFunction f) {
            super(i);
            this.u = u;
            this.f = f;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            u.begin(c.mxcsr);
            f.apply(u, 0, 0, b0, 0, 0);
            long q0 = u.low;
            long q1 = u.high;
            if (wide) {
                f.apply(u, 0, 0, b1, 0, 0);
                u.finish(c);
                write(c, d, q0, q1, u.low, u.high);
            } else {
                u.finish(c);
                write(c, d, q0, q1);
            }
            return next;
        }
    }

    /** Elements become half as wide: each quadword of the result comes from one half. */
    static final class NarrowPacked extends VexOp {
        private final SseUnit u;
        private final FloatOps.VectorFunction f;

        NarrowPacked(Insn i, SseUnit u, FloatOps.VectorFunction f) {
            super(i);
            this.u = u;
            this.f = f;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            u.begin(c.mxcsr);
            f.apply(u, 0, 0, b0, b1, 0);
            long low = u.low;
            long high = 0;
            if (wide) {
                f.apply(u, 0, 0, b2, b3, 0);
                high = u.low;
            }
            u.finish(c);
            write(c, d, low, high);
            return next;
        }
    }

    /** A function of two doubles; the rest is the first source's. */
    static final class ScalarDouble extends VexOp {
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
            long result = f.apply(u, c.xmm[h], b0);
            u.finish(c);
            write(c, d, result, c.xmm[h + 1]);
            return next;
        }
    }

    /** A function of two singles; the rest is the first source's. */
    static final class ScalarSingle extends VexOp {
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
            int result = f.apply(u, (int) c.xmm[h], (int) b0);
            u.finish(c);
            writeSingle(c, d, h, result);
            return next;
        }
    }

    /** VCVTSD2SS. */
    static final class Narrow extends VexOp {
        private final SseUnit u;

        Narrow(Insn i, SseUnit u) {
            super(i);
            this.u = u;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            u.begin(c.mxcsr);
            int result = SseConversion.doubleToSingle(u, b0);
            u.finish(c);
            writeSingle(c, d, h, result);
            return next;
        }
    }

    /** VCVTSI2SS and VCVTSI2SD. */
    static final class FromGeneral extends MemOp {
        private final SseUnit u;
        private final Format format;
        private final int d;
        private final int h;
        private final int source;
        private final boolean memory;
        private final boolean wide;

        FromGeneral(Insn i, SseUnit u, Format format) {
            super(i, MoveOps.generalBytes(i), false);
            this.u = u;
            this.format = format;
            d = i.reg << 1;
            h = i.vvvv << 1;
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
            if (format == Format.SINGLE) {
                writeSingle(c, d, h, (int) result);
            } else {
                VexOp.write(c, d, result, c.xmm[h + 1]);
            }
            return next;
        }
    }

    private static void writeSingle(Cpu c, int d, int h, int result) {
        VexOp.write(c, d, c.xmm[h] >>> 32 << 32 | result & 0xFFFF_FFFFL, c.xmm[h + 1]);
    }
}
