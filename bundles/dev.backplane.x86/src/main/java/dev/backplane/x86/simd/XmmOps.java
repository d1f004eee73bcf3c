package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** The shapes that packed-integer operations on XMM registers come in. */
final class XmmOps {
    private XmmOps() {}

    /** The same function on both halves. */
    static final class Lanewise extends XmmOp {
        private final Lane f;

        Lanewise(Insn i, Lane f) {
            super(i);
            this.f = f;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long[] x = c.xmm;
            x[d] = f.apply(x[d], low);
            x[d + 1] = f.apply(x[d + 1], high);
            return next;
        }
    }

    /** A function of the halves of one register: the destination gives the low half, the source the high one. */
    static final class Pairwise extends XmmOp {
        private final Lane f;

        Pairwise(Insn i, Lane f) {
            super(i);
            this.f = f;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long[] x = c.xmm;
            x[d] = f.apply(x[d], x[d + 1]);
            x[d + 1] = f.apply(low, high);
            return next;
        }
    }

    /** The low or the high halves of both registers interleaved. */
    static final class Unpack extends XmmOp {
        private final Lane lowPart;
        private final Lane highPart;
        private final boolean fromHigh;

        Unpack(Insn i, Lane lowPart, Lane highPart, boolean fromHigh) {
            super(i);
            this.lowPart = lowPart;
            this.highPart = highPart;
            this.fromHigh = fromHigh;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long[] x = c.xmm;
            long a = fromHigh ? x[d + 1] : x[d];
            long b = fromHigh ? high : low;
            x[d] = lowPart.apply(a, b);
            x[d + 1] = highPart.apply(a, b);
            return next;
        }
    }

    /** Anything else that reads both registers and writes one. */
    static final class Whole extends XmmOp {
        private final Kernel f;
        private final int immediate;

        Whole(Insn i, Kernel f) {
            super(i);
            this.f = f;
            immediate = (int) i.immediate & 0xFF;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            f.apply(c.xmm, d, low, high, immediate);
            return next;
        }
    }

    /** A shift by the low half of the source. */
    static final class Shift extends XmmOp {
        private final Lane f;

        Shift(Insn i, Lane f) {
            super(i);
            this.f = f;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long[] x = c.xmm;
            x[d] = f.apply(x[d], low);
            x[d + 1] = f.apply(x[d + 1], low);
            return next;
        }
    }

    /** A shift of the register in ModRM.rm by an immediate. */
    static final class ShiftImmediate extends Op {
        private final int d;
        private final Lane f;
        private final long count;

        ShiftImmediate(Insn i, Lane f) {
            d = i.rm << 1;
            this.f = f;
            count = i.immediate & 0xFF;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] x = c.xmm;
            x[d] = f.apply(x[d], count);
            x[d + 1] = f.apply(x[d + 1], count);
            return next;
        }
    }

    /** PSLLDQ and PSRLDQ: the 32 bytes of zeros and register, seen from another place. */
    static final class ShiftBytes extends Op {
        private final int d;
        private final boolean left;
        private final int bytes;

        ShiftBytes(Insn i, boolean left) {
            d = i.rm << 1;
            this.left = left;
            bytes = (int) Math.min(i.immediate & 0xFF, 16);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] x = c.xmm;
            long a = x[d];
            long b = x[d + 1];
            if (left) {
                x[d] = PackedShuffle.align(0, 0, a, b, 16 - bytes);
                x[d + 1] = PackedShuffle.align(0, 0, a, b, 24 - bytes);
            } else {
                x[d] = PackedShuffle.align(a, b, 0, 0, bytes);
                x[d + 1] = PackedShuffle.align(a, b, 0, 0, bytes + 8);
            }
            return next;
        }
    }

    /** A function of a register whose result goes to a general register or, cut to some bytes, to memory. */
    static final class Extract extends MemOp {
        /** A function of a register and an immediate. */
        @FunctionalInterface
        interface Function {
            long apply(long low, long high, int immediate);
        }

        private final int source;
        private final int target;
        private final boolean memory;
        private final int bytes;
        private final Function f;
        private final int immediate;

        /**
         * Makes the operation.
         *
         * @param source the XMM register
         * @param target the general register, if the destination is no memory
         * @param bytes written to memory; a general register is written whole
         */
        Extract(Insn i, int source, int target, int bytes, Function f) {
            super(i, bytes, true);
            this.source = source << 1;
            this.target = target;
            memory = i.memory;
            this.bytes = bytes;
            this.f = f;
            immediate = (int) i.immediate & 0xFF;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = f.apply(c.xmm[source], c.xmm[source + 1], immediate);
            if (memory) {
                c.store(address(c), bytes, value);
            } else {
                c.r[target] = value;
            }
            return next;
        }
    }

    /** PINSRB to PINSRQ and INSERTPS's kin: a value from a general register or memory goes into an XMM register. */
    static final class Insert extends MemOp {
        private final int d;
        private final int source;
        private final boolean memory;
        private final int bytes;
        private final int position;

        Insert(Insn i, int bytes) {
            super(i, bytes, false);
            d = i.reg << 1;
            source = i.rm;
            memory = i.memory;
            this.bytes = bytes;
            position = (int) i.immediate & 16 / bytes - 1;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = memory ? c.load(address(c), bytes) : c.r[source];
            int perHalf = 8 / bytes;
            int half = d + (position >= perHalf ? 1 : 0);
            c.xmm[half] = PackedShuffle.insert(
                    c.xmm[half], (position & perHalf - 1) * bytes << 3, -1L >>> 64 - (bytes << 3), value);
            return next;
        }
    }
}
