package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** F16C (SDM volume 1, 14.4): conversions between half and single precision, which ignore FTZ. */
final class HalfPrecision {
    private static final long LOW_32 = 0xFFFF_FFFFL;

    private HalfPrecision() {}

    static @Nullable Op op(Insn i, SseUnit u) {
        return switch (i.mnemonic()) {
            case CVTPH2PS ->
                new VexFloatOps.Widen(i, u, (unit, a0, a1, b0, b1, n) -> {
                    unit.low = Singles.pair(single(unit, b0), single(unit, b0 >>> 16));
                    unit.high = Singles.pair(single(unit, b0 >>> 32), single(unit, b0 >>> 48));
                });
            case CVTPS2PH -> new Narrow(i, u);
            default -> null;
        };
    }

    /** A half, in the low 16 bits, as a single: all fit, also denormal ones, which are none here. */
    private static int single(SseUnit u, long bits) {
        Format from = Format.HALF;
        long a = bits & 0xFFFF;
        int sign = (int) (a & from.sign) << 16;
        if (from.isZero(a)) {
            return sign;
        }
        if (from.isInfinity(a)) {
            return sign | (int) Format.SINGLE.infinity;
        }
        if (from.isNaN(a)) {
            long quiet = u.propagate(from, a, a);
            return sign | (int) (Format.SINGLE.infinity | (quiet & from.fractionMask) << 13);
        }
        int exponent = from.exponent(a) + Format.SINGLE.bias;
        return sign | exponent << 23 | (int) (from.significand(a) >>> 40 & Format.SINGLE.fractionMask);
    }

    /** A single as a half. */
    private static long half(SseUnit u, int single, int control) {
        Format from = Format.SINGLE;
        Format to = Format.HALF;
        long a = u.operand(from, single & LOW_32);
        long sign = a >>> 16 & to.sign;
        if (from.isNaN(a)) {
            return sign | to.infinity | (u.propagate(from, a, a) & from.fractionMask) >>> 13;
        }
        if (from.isInfinity(a)) {
            return sign | to.infinity;
        }
        if (from.isZero(a)) {
            return sign;
        }
        u.denormals(from, a, a);
        u.soft.set(sign != 0, from.exponent(a), from.significand(a));
        return u.pack(to, (control & 4) != 0 ? u.rounding() : control & 3, false);
    }

    /** VCVTPS2PH: the destination is in ModRM.rm. */
    private static final class Narrow extends VexOp {
        private final SseUnit u;
        private final int bytes;

        Narrow(Insn i, SseUnit u) {
            super(i, i.opcode.memoryBytes(), true, false);
            this.u = u;
            bytes = i.vectorBytes / 2;
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            long address = memory ? address(c) : 0;
            if (memory) {
                if (!wide) {
                    c.mmu.checkAlignment(address, bytes);
                }
                c.probeWrite(address, bytes);
            }
            u.begin(c.mxcsr);
            long low = halves(c.xmm[d]) | halves(c.xmm[d + 1]) << 32;
            long high = wide ? halves(c.ymm[d]) | halves(c.ymm[d + 1]) << 32 : 0;
            u.finish(c);
            if (!memory) {
                write(c, s, low, high);
            } else if (wide) {
                c.store128(address, low, high);
            } else {
                c.store64(address, low);
            }
            return next;
        }

        private long halves(long singles) {
            long low = half(u, Singles.low(singles), immediate);
            return low | half(u, Singles.high(singles), immediate) << 16;
        }
    }
}
