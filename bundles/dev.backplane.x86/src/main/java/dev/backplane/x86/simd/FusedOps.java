package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** FMA (SDM volume 1, 14.5). The digits of its names tell which operands are multiplied, and the third is added. */
final class FusedOps {
    private static final Fused ADD = new Fused(false, false);
    private static final Fused SUBTRACT = new Fused(false, true);
    private static final Fused NEGATIVE_ADD = new Fused(true, false);
    private static final Fused NEGATIVE_SUBTRACT = new Fused(true, true);

    private FusedOps() {}

    static @Nullable Op op(Insn i, SseUnit u) {
        return switch (i.mnemonic()) {
            case FMADDPS -> new Packed(i, u, ADD, ADD, false);
            case FMADDPD -> new Packed(i, u, ADD, ADD, true);
            case FMSUBPS -> new Packed(i, u, SUBTRACT, SUBTRACT, false);
            case FMSUBPD -> new Packed(i, u, SUBTRACT, SUBTRACT, true);
            case FNMADDPS -> new Packed(i, u, NEGATIVE_ADD, NEGATIVE_ADD, false);
            case FNMADDPD -> new Packed(i, u, NEGATIVE_ADD, NEGATIVE_ADD, true);
            case FNMSUBPS -> new Packed(i, u, NEGATIVE_SUBTRACT, NEGATIVE_SUBTRACT, false);
            case FNMSUBPD -> new Packed(i, u, NEGATIVE_SUBTRACT, NEGATIVE_SUBTRACT, true);
            case FMADDSUBPS -> new Packed(i, u, SUBTRACT, ADD, false);
            case FMADDSUBPD -> new Packed(i, u, SUBTRACT, ADD, true);
            case FMSUBADDPS -> new Packed(i, u, ADD, SUBTRACT, false);
            case FMSUBADDPD -> new Packed(i, u, ADD, SUBTRACT, true);
            case FMADDSS -> new Scalar(i, u, ADD, false);
            case FMADDSD -> new Scalar(i, u, ADD, true);
            case FMSUBSS -> new Scalar(i, u, SUBTRACT, false);
            case FMSUBSD -> new Scalar(i, u, SUBTRACT, true);
            case FNMADDSS -> new Scalar(i, u, NEGATIVE_ADD, false);
            case FNMADDSD -> new Scalar(i, u, NEGATIVE_ADD, true);
            case FNMSUBSS -> new Scalar(i, u, NEGATIVE_SUBTRACT, false);
            case FNMSUBSD -> new Scalar(i, u, NEGATIVE_SUBTRACT, true);
            default -> null;
        };
    }

    /** The order of the operands: destination, VEX.vvvv and ModRM.rm are 1, 2 and 3. */
    private abstract static class Ordered extends VexOp {
        final SseUnit u;
        private final int order;

        Ordered(Insn i, SseUnit u) {
            super(i);
            this.u = u;
            order = i.opcodeByte & 0xF0;
        }

        final long multiplicand(long first, long second) {
            return order == 0x90 ? first : second;
        }

        final long multiplier(long first, long third) {
            return order == 0xA0 ? first : third;
        }

        final long addend(long first, long second, long third) {
            return order == 0x90 ? second : order == 0xA0 ? third : first;
        }
    }

    private static final class Packed extends Ordered {
        private final Fused even;
        private final Fused odd;
        private final boolean doubles;

        Packed(Insn i, SseUnit u, Fused even, Fused odd, boolean doubles) {
            super(i, u);
            this.even = even;
            this.odd = odd;
            this.doubles = doubles;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long[] x = c.xmm;
            long[] y = c.ymm;
            u.begin(c.mxcsr);
            long q0 = quadword(x[d], x[h], b0, even);
            long q1 = quadword(x[d + 1], x[h + 1], b1, odd);
            long q2 = wide ? quadword(y[d], y[h], b2, even) : 0;
            long q3 = wide ? quadword(y[d + 1], y[h + 1], b3, odd) : 0;
            u.finish(c);
            write(c, d, q0, q1, q2, q3);
            return next;
        }

        private long quadword(long first, long second, long third, Fused f) {
            long a = multiplicand(first, second);
            long b = multiplier(first, third);
            long addend = addend(first, second, third);
            return doubles ? f.apply(u, a, b, addend) : even.apply(u, a, b, addend, odd);
        }
    }

    /** The rest stays, up to 16 bytes. */
    private static final class Scalar extends Ordered {
        private final Fused f;
        private final boolean dbl;

        Scalar(Insn i, SseUnit u, Fused f, boolean dbl) {
            super(i, u);
            this.f = f;
            this.dbl = dbl;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long first = c.xmm[d];
            long second = c.xmm[h];
            long a = multiplicand(first, second);
            long b = multiplier(first, b0);
            long addend = addend(first, second, b0);
            u.begin(c.mxcsr);
            long result = dbl
                    ? f.apply(u, a, b, addend)
                    : first >>> 32 << 32 | f.apply(u, (int) a, (int) b, (int) addend) & 0xFFFF_FFFFL;
            u.finish(c);
            write(c, d, result, c.xmm[d + 1]);
            return next;
        }
    }
}
