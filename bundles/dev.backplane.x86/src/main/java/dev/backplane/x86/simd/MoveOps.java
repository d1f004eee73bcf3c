package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.fpu.X87Traps;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Vector;
import org.jspecify.annotations.Nullable;

/** Moves between XMM registers, memory, general and MMX registers. Non-temporal moves are moves. */
final class MoveOps {
    private MoveOps() {}

    /** The size of an operand that is a doubleword, or a quadword with REX.W ("y" in the opcode table). */
    static int generalBytes(Insn i) {
        return (i.rex & 8) != 0 ? 8 : 4;
    }

    /** Into a whole register: what the source lacks in memory becomes zero. */
    static final class Load extends XmmOp {
        Load(Insn i, boolean aligned) {
            super(i, i.opcode.memoryBytes(), aligned);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            c.xmm[d] = low;
            c.xmm[d + 1] = high;
            return next;
        }
    }

    /** Into one half, from the low half of another register, its high half, or memory. */
    static final class LoadHalf extends XmmOp {
        private final int target;
        private final boolean sourceHigh;

        LoadHalf(Insn i, boolean targetHigh, boolean sourceHigh) {
            super(i);
            target = d + (targetHigh ? 1 : 0);
            this.sourceHigh = sourceHigh;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            c.xmm[target] = sourceHigh ? high : low;
            return next;
        }
    }

    /** MOVSS between registers. */
    static final class MergeSingle extends Op {
        private final int target;
        private final int source;

        MergeSingle(int target, int source) {
            this.target = target << 1;
            this.source = source << 1;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] x = c.xmm;
            x[target] = x[target] >>> 32 << 32 | x[source] & 0xFFFF_FFFFL;
            return next;
        }
    }

    /** Between registers, whole, or the low half with zeros above. */
    static final class Register extends Op {
        private final int target;
        private final int source;
        private final boolean whole;

        Register(int target, int source, boolean whole) {
            this.target = target << 1;
            this.source = source << 1;
            this.whole = whole;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] x = c.xmm;
            x[target] = x[source];
            x[target + 1] = whole ? x[source + 1] : 0;
            return next;
        }
    }

    /** Between the low halves of registers; the upper half stays. */
    static final class MergeDouble extends Op {
        private final int target;
        private final int source;

        MergeDouble(int target, int source) {
            this.target = target << 1;
            this.source = source << 1;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.xmm[target] = c.xmm[source];
            return next;
        }
    }

    /** 16 bytes to memory. */
    static final class Store extends MemOp {
        private final int source;
        private final boolean aligned;

        Store(Insn i, boolean aligned) {
            super(i, 16, true);
            source = i.reg << 1;
            this.aligned = aligned;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long address = address(c);
            if (aligned && (address & 15) != 0) {
                throw c.fault(Vector.GP, 0);
            }
            c.store128(address, c.xmm[source], c.xmm[source + 1]);
            return next;
        }
    }

    /** Four or eight bytes of one half to memory. */
    static final class StorePart extends MemOp {
        private final int source;
        private final int bytes;

        StorePart(Insn i, boolean highHalf) {
            super(i, i.opcode.memoryBytes(), true);
            source = (i.reg << 1) + (highHalf ? 1 : 0);
            bytes = i.opcode.memoryBytes();
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            c.store(address(c), bytes, c.xmm[source]);
            return next;
        }
    }

    /** MOVD and MOVQ from a general register or memory, with zeros above. */
    static final class FromGeneral extends MemOp {
        private final int d;
        private final int source;
        private final boolean memory;
        private final int bytes;

        FromGeneral(Insn i) {
            super(i, generalBytes(i), false);
            d = i.reg << 1;
            source = i.rm;
            memory = i.memory;
            bytes = generalBytes(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = memory ? c.load(address(c), bytes) : c.r[source];
            c.xmm[d] = bytes == 4 ? value & 0xFFFF_FFFFL : value;
            c.xmm[d + 1] = 0;
            return next;
        }
    }

    /** MOVQ2DQ. */
    static final class FromMmx extends Op {
        private final int target;
        private final int source;

        FromMmx(Insn i) {
            target = i.reg << 1;
            source = i.rm & 7;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            X87Traps.check(c);
            c.fpu.enterMmx();
            c.xmm[target] = c.fpu.significand[source];
            c.xmm[target + 1] = 0;
            return next;
        }
    }

    /** MOVDQ2Q. */
    static final class ToMmx extends Op {
        private final int target;
        private final int source;

        ToMmx(Insn i) {
            target = i.reg & 7;
            source = i.rm << 1;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            X87Traps.check(c);
            c.fpu.enterMmx();
            c.fpu.writeMmx(target, c.xmm[source]);
            return next;
        }
    }

    /** MASKMOVDQU and MASKMOVQ: the bytes whose mask byte is negative go to DS:rDI. */
    static final class Masked extends MemOp {
        private final int source;
        private final int mask;
        private final boolean mmx;

        Masked(Insn i, boolean mmx) {
            super(atDestinationIndex(i), mmx ? 8 : 16, true);
            source = mmx ? i.reg & 7 : i.reg << 1;
            mask = mmx ? i.rm & 7 : i.rm << 1;
            this.mmx = mmx;
        }

        /** Gives the instruction the memory operand that its encoding only implies. */
        private static Insn atDestinationIndex(Insn i) {
            i.base = Gpr.RDI;
            i.index = Gpr.ZERO;
            i.scale = 0;
            i.displacement = 0;
            return i;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            if (mmx) {
                X87Traps.check(c);
                c.fpu.enterMmx();
                long target = address(c);
                c.mmu.checkAlignment(target, 8);
                c.probeWrite(target, 8);
                store(c, target, c.fpu.significand[source], c.fpu.significand[mask]);
                return next;
            }
            long address = address(c);
            long low = c.xmm[mask];
            long high = c.xmm[mask + 1];
            checkAlignment(c, address, low);
            checkAlignment(c, address + 8, high);
            if (((low | high) & Lanes.B) != 0) {
                c.probeWrite(address, 16);
            }
            store(c, address, c.xmm[source], low);
            store(c, address + 8, c.xmm[source + 1], high);
            return next;
        }

        /** Either half for itself, where any byte of it is chosen. */
        private static void checkAlignment(Cpu c, long address, long bytes) {
            if ((bytes & Lanes.B) != 0) {
                c.mmu.checkAlignment(address, 8);
            }
        }

        private static void store(Cpu c, long address, long value, long bytes) {
            int chosen = PackedComparison.pmovmskb(bytes);
            if (chosen == 0) {
                return;
            }
            c.probeWrite(address, 8);
            for (int n = 0; n < 8; n++) {
                if ((chosen >> n & 1) != 0) {
                    c.store8(address + n, value >>> (n << 3) & 0xFF);
                }
            }
        }
    }
}
