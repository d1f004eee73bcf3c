package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import org.jspecify.annotations.Nullable;

/** Which function and shape each packed-integer and bitwise instruction has. */
final class PackedFactory {
    private PackedFactory() {}

    static @Nullable Op op(Insn i) {
        Lane lane = lane(i);
        if (lane != null) {
            return i.vex()
                    ? new VexOps.Lanewise(i, lane)
                    : isMmx(i) ? new MmxOps.Binary(i, lane) : new XmmOps.Lanewise(i, lane);
        }
        Lane pair = pair(i);
        if (pair != null) {
            return i.vex()
                    ? wholeOfPairs(i, pair)
                    : isMmx(i) ? new MmxOps.Binary(i, pair) : new XmmOps.Pairwise(i, pair);
        }
        Lane shift = shift(i);
        if (shift != null) {
            return shiftOp(i, shift);
        }
        Op unpack = unpack(i);
        return unpack != null ? unpack : ShuffleFactory.op(i);
    }

    private static Op wholeOfPairs(Insn i, Lane f) {
        return ShuffleFactory.whole(i, (x, d, low, high, n) -> {
            x[d] = f.apply(x[d], x[d + 1]);
            x[d + 1] = f.apply(low, high);
        });
    }

    /** Whether the operands are MMX registers: the opcode table calls them P, Q and N, and XMM registers V, W and U. */
    static boolean isMmx(Insn i) {
        char kind = i.opcode.operands().charAt(0);
        return kind == 'P' || kind == 'N';
    }

    private static @Nullable Lane lane(Insn i) {
        return switch (i.mnemonic()) {
            case PADDB -> PackedArithmetic::paddb;
            case PADDW -> PackedArithmetic::paddw;
            case PADDD -> PackedArithmetic::paddd;
            case PADDQ -> PackedArithmetic::paddq;
            case PSUBB -> PackedArithmetic::psubb;
            case PSUBW -> PackedArithmetic::psubw;
            case PSUBD -> PackedArithmetic::psubd;
            case PSUBQ -> PackedArithmetic::psubq;
            case PADDUSB -> PackedArithmetic::paddusb;
            case PADDUSW -> PackedArithmetic::paddusw;
            case PADDSB -> PackedArithmetic::paddsb;
            case PADDSW -> PackedArithmetic::paddsw;
            case PSUBUSB -> PackedArithmetic::psubusb;
            case PSUBUSW -> PackedArithmetic::psubusw;
            case PSUBSB -> PackedArithmetic::psubsb;
            case PSUBSW -> PackedArithmetic::psubsw;
            case PAVGB -> PackedArithmetic::pavgb;
            case PAVGW -> PackedArithmetic::pavgw;
            case PABSB -> PackedArithmetic::pabsb;
            case PABSW -> PackedArithmetic::pabsw;
            case PABSD -> PackedArithmetic::pabsd;
            case PSIGNB -> PackedArithmetic::psignb;
            case PSIGNW -> PackedArithmetic::psignw;
            case PSIGND -> PackedArithmetic::psignd;
            case PSADBW -> PackedArithmetic::psadbw;
            case PCMPEQB -> PackedComparison::pcmpeqb;
            case PCMPEQW -> PackedComparison::pcmpeqw;
            case PCMPEQD -> PackedComparison::pcmpeqd;
            case PCMPEQQ -> PackedComparison::pcmpeqq;
            case PCMPGTB -> PackedComparison::pcmpgtb;
            case PCMPGTW -> PackedComparison::pcmpgtw;
            case PCMPGTD -> PackedComparison::pcmpgtd;
            case PCMPGTQ -> PackedComparison::pcmpgtq;
            case PMINUB -> PackedComparison::pminub;
            case PMINUW -> PackedComparison::pminuw;
            case PMINUD -> PackedComparison::pminud;
            case PMINSB -> PackedComparison::pminsb;
            case PMINSW -> PackedComparison::pminsw;
            case PMINSD -> PackedComparison::pminsd;
            case PMAXUB -> PackedComparison::pmaxub;
            case PMAXUW -> PackedComparison::pmaxuw;
            case PMAXUD -> PackedComparison::pmaxud;
            case PMAXSB -> PackedComparison::pmaxsb;
            case PMAXSW -> PackedComparison::pmaxsw;
            case PMAXSD -> PackedComparison::pmaxsd;
            case PAND, ANDPS, ANDPD -> PackedComparison::pand;
            case PANDN, ANDNPS, ANDNPD -> PackedComparison::pandn;
            case POR, ORPS, ORPD -> PackedComparison::por;
            case PXOR, XORPS, XORPD -> PackedComparison::pxor;
            case PMULLW -> PackedMultiplication::pmullw;
            case PMULHW -> PackedMultiplication::pmulhw;
            case PMULHUW -> PackedMultiplication::pmulhuw;
            case PMULHRSW -> PackedMultiplication::pmulhrsw;
            case PMADDWD -> PackedMultiplication::pmaddwd;
            case PMADDUBSW -> PackedMultiplication::pmaddubsw;
            case PMULUDQ -> PackedMultiplication::pmuludq;
            case PMULDQ -> PackedMultiplication::pmuldq;
            case PMULLD -> PackedMultiplication::pmulld;
            default -> null;
        };
    }

    private static @Nullable Lane pair(Insn i) {
        return switch (i.mnemonic()) {
            case PACKSSWB -> PackedUnpack::packsswb;
            case PACKUSWB -> PackedUnpack::packuswb;
            case PACKSSDW -> PackedUnpack::packssdw;
            case PACKUSDW -> PackedUnpack::packusdw;
            case PHADDW -> PackedUnpack::phaddw;
            case PHADDD -> PackedUnpack::phaddd;
            case PHADDSW -> PackedUnpack::phaddsw;
            case PHSUBW -> PackedUnpack::phsubw;
            case PHSUBD -> PackedUnpack::phsubd;
            case PHSUBSW -> PackedUnpack::phsubsw;
            default -> null;
        };
    }

    private static @Nullable Lane shift(Insn i) {
        return switch (i.mnemonic()) {
            case PSLLW -> PackedShift::psllw;
            case PSLLD -> PackedShift::pslld;
            case PSLLQ -> PackedShift::psllq;
            case PSRLW -> PackedShift::psrlw;
            case PSRLD -> PackedShift::psrld;
            case PSRLQ -> PackedShift::psrlq;
            case PSRAW -> PackedShift::psraw;
            case PSRAD -> PackedShift::psrad;
            default -> null;
        };
    }

    private static Op shiftOp(Insn i, Lane f) {
        boolean immediate = i.opcode.operands().endsWith("Ib");
        if (i.vex()) {
            return immediate
                    ? new VexOps.WholeFromRm(i, (x, d, low, high, n) -> {
                        x[d] = f.apply(low, n);
                        x[d + 1] = f.apply(high, n);
                    })
                    : new VexOps.Shift(i, f);
        }
        if (isMmx(i)) {
            return immediate ? new MmxOps.ShiftImmediate(i, f) : new MmxOps.Binary(i, f);
        }
        return immediate ? new XmmOps.ShiftImmediate(i, f) : new XmmOps.Shift(i, f);
    }

    private static @Nullable Op unpack(Insn i) {
        return switch (i.mnemonic()) {
            case PUNPCKLBW -> unpack(i, PackedUnpack::punpcklbw, PackedUnpack::punpckhbw, false);
            case PUNPCKLWD -> unpack(i, PackedUnpack::punpcklwd, PackedUnpack::punpckhwd, false);
            case PUNPCKLDQ, UNPCKLPS -> unpack(i, PackedUnpack::punpckldq, PackedUnpack::punpckhdq, false);
            case PUNPCKLQDQ, UNPCKLPD -> unpack(i, (a, b) -> a, (a, b) -> b, false);
            case PUNPCKHBW -> unpack(i, PackedUnpack::punpcklbw, PackedUnpack::punpckhbw, true);
            case PUNPCKHWD -> unpack(i, PackedUnpack::punpcklwd, PackedUnpack::punpckhwd, true);
            case PUNPCKHDQ, UNPCKHPS -> unpack(i, PackedUnpack::punpckldq, PackedUnpack::punpckhdq, true);
            case PUNPCKHQDQ, UNPCKHPD -> unpack(i, (a, b) -> a, (a, b) -> b, true);
            default -> null;
        };
    }

    private static Op unpack(Insn i, Lane lowPart, Lane highPart, boolean fromHigh) {
        if (i.vex()) {
            return ShuffleFactory.whole(i, (x, d, low, high, n) -> {
                long a = fromHigh ? x[d + 1] : x[d];
                long b = fromHigh ? high : low;
                x[d] = lowPart.apply(a, b);
                x[d + 1] = highPart.apply(a, b);
            });
        }
        if (isMmx(i)) {
            return new MmxOps.Binary(i, fromHigh ? highPart : lowPart);
        }
        return new XmmOps.Unpack(i, lowPart, highPart, fromHigh);
    }
}
