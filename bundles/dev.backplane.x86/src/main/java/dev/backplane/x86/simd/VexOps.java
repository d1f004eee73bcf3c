package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** The shapes that packed-integer operations of AVX come in: SSE's functions, on each 128 bits. */
final class VexOps {
    private VexOps() {}

    /** The same function on all quadwords. */
    static final class Lanewise extends VexOp {
        private final Lane f;

        Lanewise(Insn i, Lane f) {
            super(i);
            this.f = f;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long[] x = c.xmm;
            long[] y = c.ymm;
            y[d] = wide ? f.apply(y[h], b2) : 0;
            y[d + 1] = wide ? f.apply(y[h + 1], b3) : 0;
            x[d] = f.apply(x[h], b0);
            x[d + 1] = f.apply(x[h + 1], b1);
            return next;
        }
    }

    /** A function that replaces the first source, 128 bits at a time, by one of it and the second source. */
    static final class Whole extends VexOp {
        private final Kernel f;
        private final int upperImmediate;
        private final long[] scratch = new long[4];

        Whole(Insn i, Kernel f, int upperImmediate) {
            super(i);
            this.f = f;
            this.upperImmediate = upperImmediate;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long[] t = scratch;
            t[0] = c.xmm[h];
            t[1] = c.xmm[h + 1];
            f.apply(t, 0, b0, b1, immediate);
            if (wide) {
                t[2] = c.ymm[h];
                t[3] = c.ymm[h + 1];
                f.apply(t, 2, b2, b3, upperImmediate);
            }
            write(c, d, t[0], t[1], t[2], t[3]);
            return next;
        }
    }

    /** The same of the register in ModRM.rm into that in VEX.vvvv. */
    static final class WholeFromRm extends VexOp {
        private final Kernel f;
        private final long[] scratch = new long[4];

        WholeFromRm(Insn i, Kernel f) {
            super(i);
            this.f = f;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            f.apply(scratch, 0, b0, b1, immediate);
            if (wide) {
                f.apply(scratch, 2, b2, b3, immediate);
            }
            write(c, h, scratch[0], scratch[1], scratch[2], scratch[3]);
            return next;
        }
    }

    /** A shift by the low quadword of the second source, which has 16 bytes always. */
    static final class Shift extends VexOp {
        private final Lane f;

        Shift(Insn i, Lane f) {
            super(i);
            this.f = f;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long[] x = c.xmm;
            long[] y = c.ymm;
            y[d] = wide ? f.apply(y[h], b0) : 0;
            y[d + 1] = wide ? f.apply(y[h + 1], b0) : 0;
            x[d] = f.apply(x[h], b0);
            x[d + 1] = f.apply(x[h + 1], b0);
            return next;
        }
    }

    /** Both quadwords of each half come from one of the source; {@code bits} further up is what the second is made of. */
    static final class Widen extends VexOp {
        /** What makes a quadword of the low bits of another. */
        @FunctionalInterface
        interface Function {
            long apply(long a);
        }

        private final Function f;
        private final int bits;

        Widen(Insn i, Function f, int bits) {
            super(i);
            this.f = f;
            this.bits = bits;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            if (wide) {
                // Twice the bits of the low half are behind it, in the next quadword where they fill the first.
                long upper = bits == 32 ? b1 : b0 >>> 2 * bits;
                write(c, d, f.apply(b0), f.apply(b0 >>> bits), f.apply(upper), f.apply(upper >>> bits));
            } else {
                write(c, d, f.apply(b0), f.apply(b0 >>> bits));
            }
            return next;
        }
    }

    /** PINSRB to PINSRQ. */
    static final class Insert extends MemOp {
        private final int d;
        private final int h;
        private final int source;
        private final boolean memory;
        private final int bytes;
        private final int position;

        Insert(Insn i, int bytes) {
            super(i, bytes, false);
            d = i.reg << 1;
            h = i.vvvv << 1;
            source = i.rm;
            memory = i.memory;
            this.bytes = bytes;
            position = (int) i.immediate & 16 / bytes - 1;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = memory ? c.load(address(c), bytes) : c.r[source];
            int perHalf = 8 / bytes;
            int bit = (position & perHalf - 1) * bytes << 3;
            boolean upper = position >= perHalf;
            long mask = -1L >>> 64 - (bytes << 3);
            long low = c.xmm[h];
            long high = c.xmm[h + 1];
            VexOp.write(
                    c,
                    d,
                    upper ? low : PackedShuffle.insert(low, bit, mask, value),
                    upper ? PackedShuffle.insert(high, bit, mask, value) : high);
            return next;
        }
    }

    /** The variable blends: signs in a fourth register choose. */
    static final class Blend extends VexOp {
        private final Widen.Function fill;
        private final int mask;

        /** {@code fill} makes a mask of the signs of a quadword's elements. */
        Blend(Insn i, Widen.Function fill) {
            super(i);
            this.fill = fill;
            mask = ((int) i.immediate >> 4 & (i.mode == Cpu.CODE64 ? 15 : 7)) << 1;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long[] x = c.xmm;
            long[] y = c.ymm;
            long q0 = Lanes.select(fill.apply(x[mask]), b0, x[h]);
            long q1 = Lanes.select(fill.apply(x[mask + 1]), b1, x[h + 1]);
            if (wide) {
                long q2 = Lanes.select(fill.apply(y[mask]), b2, y[h]);
                write(c, d, q0, q1, q2, Lanes.select(fill.apply(y[mask + 1]), b3, y[h + 1]));
            } else {
                write(c, d, q0, q1);
            }
            return next;
        }
    }

    /** A mask of signs of 32 bytes goes to a general register: that of each half, one above the other. */
    static final class SignMask extends VexOp {
        private final XmmOps.Extract.Function f;
        private final int bits;
        private final int target;

        SignMask(Insn i, XmmOps.Extract.Function f, int bits) {
            super(i);
            this.f = f;
            this.bits = bits;
            target = i.reg;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long low = f.apply(c.xmm[s], c.xmm[s + 1], 0);
            c.r[target] = low | f.apply(c.ymm[s], c.ymm[s + 1], 0) << bits;
            return next;
        }
    }

    /** VPTEST, VTESTPS, VTESTPD: ZF where no chosen bit is common, CF where the second source has none that the first lacks. */
    static final class Test extends VexOp {
        private static final int CF = 1;
        private static final int ZF = 0x40;

        private final long chosen;

        Test(Insn i, long chosen) {
            super(i);
            this.chosen = chosen;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long common = c.xmm[d] & b0 | c.xmm[d + 1] & b1;
            long missing = ~c.xmm[d] & b0 | ~c.xmm[d + 1] & b1;
            if (wide) {
                common |= c.ymm[d] & b2 | c.ymm[d + 1] & b3;
                missing |= ~c.ymm[d] & b2 | ~c.ymm[d + 1] & b3;
            }
            c.setArithmeticFlags(((common & chosen) == 0 ? ZF : 0) | ((missing & chosen) == 0 ? CF : 0));
            return next;
        }
    }
}
