package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.fpu.X87Traps;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** The shapes that operations on MMX registers come in. */
final class MmxOps {
    private MmxOps() {}

    /** A function of destination and source. */
    static final class Binary extends MmxOp {
        private final Lane f;

        Binary(Insn i, Lane f) {
            super(i);
            this.f = f;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long b = fetch(c);
            write(c, f.apply(c.fpu.significand[d], b));
            return next;
        }
    }

    /** A function of destination, source and immediate. */
    static final class Immediate extends MmxOp {
        /** The function. */
        @FunctionalInterface
        interface Function {
            long apply(long a, long b, int immediate);
        }

        private final Function f;
        private final int immediate;

        Immediate(Insn i, Function f) {
            super(i);
            this.f = f;
            immediate = (int) i.immediate & 0xFF;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long b = fetch(c);
            write(c, f.apply(c.fpu.significand[d], b, immediate));
            return next;
        }
    }

    /** A shift of the register in ModRM.rm by an immediate. */
    static final class ShiftImmediate extends Op {
        private final int d;
        private final Lane f;
        private final long count;

        ShiftImmediate(Insn i, Lane f) {
            d = i.rm & 7;
            this.f = f;
            count = i.immediate & 0xFF;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            X87Traps.check(c);
            c.fpu.enterMmx();
            c.fpu.writeMmx(d, f.apply(c.fpu.significand[d], count));
            return next;
        }
    }

    /** A general register or memory goes into an MMX register, whole (MOVD) or as one of its words (PINSRW). */
    static final class FromGeneral extends MemOp {
        private final int d;
        private final int source;
        private final boolean memory;
        private final int bytes;
        private final int position;

        FromGeneral(Insn i, int bytes) {
            super(i, bytes, false);
            d = i.reg & 7;
            source = i.rm;
            memory = i.memory;
            this.bytes = bytes;
            position = bytes == 2 ? ((int) i.immediate & 3) << 4 : -1;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            X87Traps.check(c);
            long value = memory ? c.load(address(c), bytes) : c.r[source];
            c.fpu.enterMmx();
            if (position >= 0) {
                value = PackedShuffle.insert(c.fpu.significand[d], position, 0xFFFF, value);
            } else if (bytes == 4) {
                value &= 0xFFFF_FFFFL;
            }
            c.fpu.writeMmx(d, value);
            return next;
        }
    }

    /** A function of an MMX register goes to a general register or memory. */
    static final class ToGeneral extends MemOp {
        /** The function. */
        @FunctionalInterface
        interface Function {
            long apply(long a, int immediate);
        }

        private final int source;
        private final int target;
        private final boolean memory;
        private final int bytes;
        private final Function f;
        private final int immediate;

        ToGeneral(Insn i, int source, int target, int bytes, Function f) {
            super(i, bytes, true);
            this.source = source & 7;
            this.target = target;
            memory = i.memory;
            this.bytes = bytes;
            this.f = f;
            immediate = (int) i.immediate & 0xFF;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            X87Traps.check(c);
            long value = f.apply(c.fpu.significand[source], immediate);
            if (memory) {
                c.fpu.beginMmxStore();
                c.store(address(c), bytes, value);
            } else {
                c.r[target] = value;
            }
            c.fpu.enterMmx();
            return next;
        }
    }

    /** MOVQ and MOVNTQ to memory or another register. */
    static final class Store extends MemOp {
        private final int source;
        private final int target;
        private final boolean memory;

        Store(Insn i) {
            super(i, 8, true);
            source = i.reg & 7;
            target = i.rm & 7;
            memory = i.memory;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            X87Traps.check(c);
            long value = c.fpu.significand[source];
            if (memory) {
                c.fpu.beginMmxStore();
                c.store64(address(c), value);
                c.fpu.enterMmx();
            } else {
                c.fpu.enterMmx();
                c.fpu.writeMmx(target, value);
            }
            return next;
        }
    }

    /** EMMS. */
    static final class Leave extends Op {
        @Override
        public @Nullable Op exec(Cpu c) {
            X87Traps.check(c);
            c.fpu.leaveMmx();
            return next;
        }
    }
}
