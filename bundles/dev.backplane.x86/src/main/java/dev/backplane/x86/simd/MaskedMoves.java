package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** VMASKMOV and VPMASKMOV: only the elements whose mask, in VEX.vvvv, is negative are accessed, and only they can fault. */
final class MaskedMoves {
    private MaskedMoves() {}

    /** Bit n is the sign of a register's element n. */
    private static int chosen(Cpu c, int register, int elementBytes, int count) {
        int bits = 0;
        for (int n = 0; n < count; n++) {
            bits |= (int) (element(c, register, elementBytes, n) >>> (elementBytes << 3) - 1 & 1) << n;
        }
        return bits;
    }

    /** An element of a register, with what is above it in its quadword. */
    static long element(Cpu c, int register, int elementBytes, int index) {
        int at = index * elementBytes;
        long[] from = at < 16 ? c.xmm : c.ymm;
        return from[register + (at >> 3 & 1)] >>> ((at & 7) << 3);
    }

    /** From memory: the other elements become zero. */
    static final class Load extends VexOp {
        private final int elementBytes;
        private final int count;
        private final long[] quadwords = new long[4];

        Load(Insn i, int elementBytes) {
            super(i, elementBytes, false, false);
            this.elementBytes = elementBytes;
            count = i.vectorBytes / elementBytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            int chosen = chosen(c, h, elementBytes, count);
            long[] q = quadwords;
            q[0] = 0;
            q[1] = 0;
            q[2] = 0;
            q[3] = 0;
            for (int n = 0; n < count; n++) {
                if ((chosen >> n & 1) != 0) {
                    int at = n * elementBytes;
                    q[at >> 3] |= c.loadElement(address(c, at), elementBytes) << ((at & 7) << 3);
                }
            }
            write(c, d, q[0], q[1], q[2], q[3]);
            return next;
        }
    }

    /** To memory: the other elements there stay. */
    static final class Store extends VexOp {
        private final int elementBytes;
        private final int count;

        Store(Insn i, int elementBytes) {
            super(i, elementBytes, true, false);
            this.elementBytes = elementBytes;
            count = i.vectorBytes / elementBytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            int chosen = chosen(c, h, elementBytes, count);
            for (int n = 0; n < count; n++) {
                if ((chosen >> n & 1) != 0) {
                    long at = address(c, (long) n * elementBytes);
                    c.probeWrite(at, elementBytes);
                }
            }
            for (int n = 0; n < count; n++) {
                if ((chosen >> n & 1) != 0) {
                    c.storeElement(address(c, (long) n * elementBytes), elementBytes, element(c, d, elementBytes, n));
                }
            }
            return next;
        }
    }
}
