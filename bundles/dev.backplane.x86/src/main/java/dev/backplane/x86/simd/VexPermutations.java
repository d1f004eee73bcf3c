package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** What moves elements across the halves of 32 bytes. */
final class VexPermutations {
    private static final long LOW_32 = 0xFFFF_FFFFL;

    private VexPermutations() {}

    /** One element in all places. */
    static final class Broadcast extends VexOp {
        private final int elementBytes;

        Broadcast(Insn i, int elementBytes) {
            super(i);
            this.elementBytes = elementBytes;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long low = switch (elementBytes) {
                case 1 -> (b0 & 0xFF) * 0x0101_0101_0101_0101L;
                case 2 -> (b0 & 0xFFFF) * 0x0001_0001_0001_0001L;
                case 4 -> (b0 & LOW_32) * 0x0000_0001_0000_0001L;
                default -> b0;
            };
            long high = elementBytes == 16 ? b1 : low;
            write(c, d, low, high, wide ? low : 0, wide ? high : 0);
            return next;
        }
    }

    /** VPERM2F128 and VPERM2I128: each half is one of four, or zero. */
    static final class Halves extends VexOp {
        Halves(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            write(
                    c,
                    d,
                    half(c, immediate, 0, b0, b2),
                    half(c, immediate, 1, b1, b3),
                    half(c, immediate >> 4, 0, b0, b2),
                    half(c, immediate >> 4, 1, b1, b3));
            return next;
        }

        private long half(Cpu c, int control, int quadword, long low, long high) {
            if ((control & 8) != 0) {
                return 0;
            }
            return switch (control & 3) {
                case 0 -> c.xmm[h + quadword];
                case 1 -> c.ymm[h + quadword];
                case 2 -> low;
                default -> high;
            };
        }
    }

    /** VINSERTF128 and VINSERTI128. */
    static final class InsertHalf extends VexOp {
        InsertHalf(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            if ((immediate & 1) != 0) {
                write(c, d, c.xmm[h], c.xmm[h + 1], b0, b1);
            } else {
                write(c, d, b0, b1, c.ymm[h], c.ymm[h + 1]);
            }
            return next;
        }
    }

    /** VEXTRACTF128 and VEXTRACTI128. */
    static final class ExtractHalf extends VexOp {
        ExtractHalf(Insn i) {
            super(i, 16, true, false);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long[] from = (immediate & 1) != 0 ? c.ymm : c.xmm;
            if (memory) {
                c.store128(address(c), from[d], from[d + 1]);
            } else {
                write(c, s, from[d], from[d + 1]);
            }
            return next;
        }
    }

    /** VPERMQ and VPERMPD by an immediate. */
    static final class Quadwords extends VexOp {
        Quadwords(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            write(c, d, chosen(immediate), chosen(immediate >> 2), chosen(immediate >> 4), chosen(immediate >> 6));
            return next;
        }

        private long chosen(int index) {
            return switch (index & 3) {
                case 0 -> b0;
                case 1 -> b1;
                case 2 -> b2;
                default -> b3;
            };
        }
    }

    /** VPERMD and VPERMPS: the first source holds the indexes. */
    static final class Doublewords extends VexOp {
        Doublewords(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long[] x = c.xmm;
            long[] y = c.ymm;
            write(c, d, pair(x[h]), pair(x[h + 1]), pair(y[h]), pair(y[h + 1]));
            return next;
        }

        private long pair(long indexes) {
            return chosen((int) indexes) | chosen((int) (indexes >>> 32)) << 32;
        }

        private long chosen(int index) {
            long from = switch (index >> 1 & 3) {
                case 0 -> b0;
                case 1 -> b1;
                case 2 -> b2;
                default -> b3;
            };
            return from >>> ((index & 1) << 5) & LOW_32;
        }
    }
}
