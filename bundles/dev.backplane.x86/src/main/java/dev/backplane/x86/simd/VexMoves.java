package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.MemOp;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Moves of AVX between registers and memory. What a register does not get becomes zero. */
final class VexMoves {
    private VexMoves() {}

    /** From memory. */
    static final class Load extends VexOp {
        Load(Insn i, boolean aligned) {
            super(i, i.opcode.memoryBytes(), false, aligned);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            write(c, d, b0, b1, b2, b3);
            return next;
        }
    }

    /** 16 or 32 bytes to memory. */
    static final class Store extends VexOp {
        Store(Insn i, boolean aligned) {
            super(i, i.opcode.memoryBytes(), true, aligned);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long address = place(c);
            if (wide) {
                // Both parts fault, if they do, before the first is stored.
                c.probeWrite(address, 32);
                c.store128(address, c.xmm[d], c.xmm[d + 1]);
                c.store128(c.mmu.wrap(address + 16), c.ymm[d], c.ymm[d + 1]);
            } else {
                c.store128(address, c.xmm[d], c.xmm[d + 1]);
            }
            return next;
        }
    }

    /** Between registers: 8, 16 or 32 bytes. */
    static final class Register extends Op {
        private final int target;
        private final int source;
        private final int bytes;

        Register(Insn i, boolean toRm, int bytes) {
            target = (toRm ? i.rm : i.reg) << 1;
            source = (toRm ? i.reg : i.rm) << 1;
            this.bytes = bytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] x = c.xmm;
            long[] y = c.ymm;
            boolean wide = bytes == 32;
            VexOp.write(
                    c,
                    target,
                    x[source],
                    bytes >= 16 ? x[source + 1] : 0,
                    wide ? y[source] : 0,
                    wide ? y[source + 1] : 0);
            return next;
        }
    }

    /** VMOVSS and VMOVSD between registers: the low element of one, the rest of the first source. */
    static final class Merge extends Op {
        private final int target;
        private final int first;
        private final int second;
        private final long mask;

        Merge(Insn i, boolean toRm, long mask) {
            target = (toRm ? i.rm : i.reg) << 1;
            first = i.vvvv << 1;
            second = (toRm ? i.reg : i.rm) << 1;
            this.mask = mask;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            VexOp.write(c, target, Lanes.select(mask, c.xmm[second], c.xmm[first]), c.xmm[first + 1]);
            return next;
        }
    }

    /** Two quadwords, chosen from those of both sources. */
    static final class Halves extends VexOp {
        /** A choice from the first source's quadwords, a and b, and the second one's, x and y. */
        @FunctionalInterface
        interface Choice {
            long of(long a, long b, long x, long y);
        }

        private final Choice low;
        private final Choice high;

        Halves(Insn i, Choice low, Choice high) {
            super(i);
            this.low = low;
            this.high = high;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long a = c.xmm[h];
            long b = c.xmm[h + 1];
            write(c, d, low.of(a, b, b0, b1), high.of(a, b, b0, b1));
            return next;
        }
    }

    /** VMOVD and VMOVQ from a general register or memory. */
    static final class FromGeneral extends MemOp {
        private final int d;
        private final int source;
        private final boolean memory;
        private final int bytes;

        FromGeneral(Insn i) {
            super(i, MoveOps.generalBytes(i), false);
            d = i.reg << 1;
            source = i.rm;
            memory = i.memory;
            bytes = MoveOps.generalBytes(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long value = memory ? c.load(address(c), bytes) : c.r[source];
            VexOp.write(c, d, bytes == 4 ? value & 0xFFFF_FFFFL : value, 0);
            return next;
        }
    }

    /** VZEROUPPER and VZEROALL: the registers that the mode has. */
    static final class Zero extends Op {
        private final boolean all;
        private final int quadwords;

        Zero(Insn i, boolean all) {
            this.all = all;
            quadwords = i.mode == Cpu.CODE64 ? 32 : 16;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            Arrays.fill(c.ymm, 0, quadwords, 0);
            if (all) {
                Arrays.fill(c.xmm, 0, quadwords, 0);
            }
            return next;
        }
    }
}
