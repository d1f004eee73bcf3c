package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/** Instructions that shuffle, blend, widen, insert, extract and search. */
final class ShuffleFactory {
    private static final long LOW_32 = 0xFFFF_FFFFL;

    private ShuffleFactory() {}

    static @Nullable Op op(Insn i) {
        return switch (i.mnemonic()) {
            case PSHUFW -> new MmxOps.Immediate(i, (a, b, order) -> PackedShuffle.words(b, order));
            case PSHUFB ->
                PackedFactory.isMmx(i) ? new MmxOps.Binary(i, PackedShuffle::pshufb) : whole(i, ShuffleFactory::pshufb);
            case PALIGNR ->
                PackedFactory.isMmx(i)
                        ? new MmxOps.Immediate(i, (a, b, bytes) -> PackedShuffle.align(b, a, 0, 0, bytes))
                        : whole(i, ShuffleFactory::palignr);
            case PSHUFD -> whole(i, ShuffleFactory::pshufd);
            case PSHUFHW -> whole(i, ShuffleFactory::pshufhw);
            case PSHUFLW -> whole(i, ShuffleFactory::pshuflw);
            case SHUFPS -> whole(i, ShuffleFactory::shufps);
            case SHUFPD -> whole(i, ShuffleFactory::shufpd);
            case PSLLDQ -> i.vex() ? new VexOps.WholeFromRm(i, ShuffleFactory::pslldq) : new XmmOps.ShiftBytes(i, true);
            case PSRLDQ ->
                i.vex() ? new VexOps.WholeFromRm(i, ShuffleFactory::psrldq) : new XmmOps.ShiftBytes(i, false);
            case BLENDPS, PBLENDD -> whole(i, ShuffleFactory::blendps);
            case BLENDPD -> whole(i, ShuffleFactory::blendpd);
            case PBLENDW -> whole(i, ShuffleFactory::pblendw);
            case PBLENDVB -> blend(i, a -> Lanes.fillBytes(a & Lanes.B));
            case BLENDVPS -> blend(i, a -> Lanes.fillDoublewords(a & Lanes.D));
            case BLENDVPD -> blend(i, a -> a >> 63);
            case PERMILPS ->
                whole(i, i.opcode.operands().endsWith("Ib") ? ShuffleFactory::pshufd : ShuffleFactory::permilps);
            case PERMILPD ->
                whole(
                        i,
                        i.opcode.operands().endsWith("Ib")
                                ? ShuffleFactory::permilpdConstant
                                : ShuffleFactory::permilpd);
            case MPSADBW -> whole(i, ShuffleFactory::mpsadbw);
            case PHMINPOSUW -> whole(i, ShuffleFactory::phminposuw);
            case INSERTPS -> whole(i, i.memory ? ShuffleFactory::insertpsMemory : ShuffleFactory::insertps);
            case PTEST -> new Test(i);
            case PINSRB -> insert(i, 1);
            case PINSRD -> insert(i, MoveOps.generalBytes(i));
            case PINSRW -> PackedFactory.isMmx(i) ? new MmxOps.FromGeneral(i, 2) : insert(i, 2);
            case PEXTRB ->
                new XmmOps.Extract(i, i.reg, i.rm, 1, (a, b, n) -> ((n & 8) == 0 ? a : b) >>> (n << 3) & 0xFF);
            case PEXTRD -> pextrd(i);
            case EXTRACTPS -> new XmmOps.Extract(i, i.reg, i.rm, 4, ShuffleFactory::doubleword);
            case PEXTRW -> pextrw(i);
            case PMOVMSKB -> pmovmskb(i);
            case MOVMSKPS -> signs(i, 4, (a, b, n) -> a >>> 31 & 1 | a >>> 63 << 1 | b >>> 31 << 2 & 4 | b >>> 63 << 3);
            case MOVMSKPD -> signs(i, 2, (a, b, n) -> a >>> 63 | b >>> 63 << 1);
            default -> widen(i);
        };
    }

    private static @Nullable Op widen(Insn i) {
        return switch (i.mnemonic()) {
            case PMOVSXBW -> widen(i, PackedUnpack::signBytesToWords, 32);
            case PMOVSXBD -> widen(i, PackedUnpack::signBytesToDoublewords, 16);
            case PMOVSXBQ -> widen(i, a -> (byte) a, 8);
            case PMOVSXWD -> widen(i, PackedUnpack::signWordsToDoublewords, 32);
            case PMOVSXWQ -> widen(i, a -> (short) a, 16);
            case PMOVSXDQ -> widen(i, a -> (int) a, 32);
            case PMOVZXBW -> widen(i, PackedUnpack::zeroBytesToWords, 32);
            case PMOVZXBD -> widen(i, PackedUnpack::zeroBytesToDoublewords, 16);
            case PMOVZXBQ -> widen(i, a -> a & 0xFF, 8);
            case PMOVZXWD -> widen(i, PackedUnpack::zeroWordsToDoublewords, 32);
            case PMOVZXWQ -> widen(i, a -> a & 0xFFFF, 16);
            case PMOVZXDQ -> widen(i, a -> a & LOW_32, 32);
            default -> null;
        };
    }

    /** Both halves come from the low half of the source; the high one begins so many bits further up. */
    private static Op widen(Insn i, VexOps.Widen.Function f, int bits) {
        if (i.vex()) {
            return new VexOps.Widen(i, f, bits);
        }
        return whole(i, (x, d, low, high, n) -> {
            x[d] = f.apply(low);
            x[d + 1] = f.apply(low >>> bits);
        });
    }

    /** Any function of whole registers. */
    static Op whole(Insn i, Kernel f) {
        return i.vex() ? new VexOps.Whole(i, f, upperImmediate(i)) : new XmmOps.Whole(i, f);
    }

    /** What the upper half of 32 bytes takes for the immediate byte: the bits behind those of the lower half, or the same. */
    private static int upperImmediate(Insn i) {
        int immediate = (int) i.immediate & 0xFF;
        return switch (i.mnemonic()) {
            case SHUFPD, BLENDPD, PERMILPD -> immediate >> 2;
            case MPSADBW -> immediate >> 3;
            case BLENDPS, PBLENDD -> immediate >> 4;
            default -> immediate;
        };
    }

    private static Op insert(Insn i, int bytes) {
        return i.vex() ? new VexOps.Insert(i, bytes) : new XmmOps.Insert(i, bytes);
    }

    /** A mask of so many signs of each 16 bytes goes to a general register. */
    private static Op signs(Insn i, int bits, XmmOps.Extract.Function f) {
        return i.vectorBytes == 32 ? new VexOps.SignMask(i, f, bits) : new XmmOps.Extract(i, i.rm, i.reg, 4, f);
    }

    private static Op pextrd(Insn i) {
        return MoveOps.generalBytes(i) == 8
                ? new XmmOps.Extract(i, i.reg, i.rm, 8, (a, b, n) -> (n & 1) == 0 ? a : b)
                : new XmmOps.Extract(i, i.reg, i.rm, 4, ShuffleFactory::doubleword);
    }

    private static long doubleword(long low, long high, int index) {
        return ((index & 2) == 0 ? low : high) >>> ((index & 1) << 5) & LOW_32;
    }

    /** PEXTRW exists twice: the old form names the target in ModRM.reg, that of SSE4.1 in ModRM.rm. */
    private static Op pextrw(Insn i) {
        boolean old = i.opcode.operands().startsWith("G");
        if (i.opcode.operands().contains("N")) {
            return new MmxOps.ToGeneral(i, i.rm, i.reg, 2, (a, n) -> a >>> ((n & 3) << 4) & 0xFFFF);
        }
        return new XmmOps.Extract(
                i,
                old ? i.rm : i.reg,
                old ? i.reg : i.rm,
                2,
                (a, b, n) -> ((n & 4) == 0 ? a : b) >>> ((n & 3) << 4) & 0xFFFF);
    }

    private static Op pmovmskb(Insn i) {
        if (i.opcode.operands().contains("N")) {
            return new MmxOps.ToGeneral(i, i.rm, i.reg, 4, (a, n) -> PackedComparison.pmovmskb(a));
        }
        return signs(i, 16, (a, b, n) -> PackedComparison.pmovmskb(a) | PackedComparison.pmovmskb(b) << 8);
    }

    private static void pshufb(long[] x, int d, long low, long high, int ignored) {
        long a = x[d];
        long b = x[d + 1];
        x[d] = PackedShuffle.bytes(a, b, low);
        x[d + 1] = PackedShuffle.bytes(a, b, high);
    }

    private static void palignr(long[] x, int d, long low, long high, int bytes) {
        long a = x[d];
        long b = x[d + 1];
        x[d] = PackedShuffle.align(low, high, a, b, bytes);
        x[d + 1] = PackedShuffle.align(low, high, a, b, bytes + 8);
    }

    private static void pshufd(long[] x, int d, long low, long high, int order) {
        x[d] = PackedShuffle.doublewords(low, high, order);
        x[d + 1] = PackedShuffle.doublewords(low, high, order >> 4);
    }

    private static void pshufhw(long[] x, int d, long low, long high, int order) {
        x[d] = low;
        x[d + 1] = PackedShuffle.words(high, order);
    }

    private static void pshuflw(long[] x, int d, long low, long high, int order) {
        x[d] = PackedShuffle.words(low, order);
        x[d + 1] = high;
    }

    private static void shufps(long[] x, int d, long low, long high, int order) {
        x[d] = PackedShuffle.doublewords(x[d], x[d + 1], order);
        x[d + 1] = PackedShuffle.doublewords(low, high, order >> 4);
    }

    private static void shufpd(long[] x, int d, long low, long high, int order) {
        x[d] = (order & 1) == 0 ? x[d] : x[d + 1];
        x[d + 1] = (order & 2) == 0 ? low : high;
    }

    private static void blendps(long[] x, int d, long low, long high, int chosen) {
        x[d] = Lanes.select(PackedShuffle.doublewordMask(chosen), low, x[d]);
        x[d + 1] = Lanes.select(PackedShuffle.doublewordMask(chosen >> 2), high, x[d + 1]);
    }

    private static void blendpd(long[] x, int d, long low, long high, int chosen) {
        x[d] = (chosen & 1) != 0 ? low : x[d];
        x[d + 1] = (chosen & 2) != 0 ? high : x[d + 1];
    }

    private static void pblendw(long[] x, int d, long low, long high, int chosen) {
        x[d] = Lanes.select(PackedShuffle.wordMask(chosen), low, x[d]);
        x[d + 1] = Lanes.select(PackedShuffle.wordMask(chosen >> 4), high, x[d + 1]);
    }

    /** The variable blends: the mask, the sign of each element, is in XMM0, or with VEX in a fourth register. */
    private static Op blend(Insn i, VexOps.Widen.Function fill) {
        if (i.vex()) {
            return new VexOps.Blend(i, fill);
        }
        return new XmmOps.Whole(i, (x, d, low, high, n) -> {
            long maskLow = fill.apply(x[0]);
            long maskHigh = fill.apply(x[1]);
            x[d] = Lanes.select(maskLow, low, x[d]);
            x[d + 1] = Lanes.select(maskHigh, high, x[d + 1]);
        });
    }

    private static void pslldq(long[] x, int d, long low, long high, int bytes) {
        int from = 16 - Math.min(bytes, 16);
        x[d] = PackedShuffle.align(0, 0, low, high, from);
        x[d + 1] = PackedShuffle.align(0, 0, low, high, from + 8);
    }

    private static void psrldq(long[] x, int d, long low, long high, int bytes) {
        int from = Math.min(bytes, 16);
        x[d] = PackedShuffle.align(low, high, 0, 0, from);
        x[d + 1] = PackedShuffle.align(low, high, 0, 0, from + 8);
    }

    private static void permilps(long[] x, int d, long low, long high, int ignored) {
        long a = x[d];
        long b = x[d + 1];
        x[d] = Singles.pair((int) doubleword(a, b, (int) low), (int) doubleword(a, b, (int) (low >>> 32)));
        x[d + 1] = Singles.pair((int) doubleword(a, b, (int) high), (int) doubleword(a, b, (int) (high >>> 32)));
    }

    private static void permilpd(long[] x, int d, long low, long high, int ignored) {
        long a = x[d];
        long b = x[d + 1];
        x[d] = (low & 2) == 0 ? a : b;
        x[d + 1] = (high & 2) == 0 ? a : b;
    }

    private static void permilpdConstant(long[] x, int d, long low, long high, int order) {
        x[d] = (order & 1) == 0 ? low : high;
        x[d + 1] = (order & 2) == 0 ? low : high;
    }

    private static void mpsadbw(long[] x, int d, long low, long high, int control) {
        int block = (int) doubleword(low, high, control);
        int from = control & 4;
        long a = x[d];
        long b = x[d + 1];
        long second = PackedShuffle.align(a, b, 0, 0, from + 4);
        x[d] = PackedSearch.mpsadbw(
                PackedShuffle.align(a, b, 0, 0, from), PackedShuffle.align(a, b, 0, 0, from + 8), block);
        x[d + 1] = PackedSearch.mpsadbw(second, PackedShuffle.align(a, b, 0, 0, from + 12), block);
    }

    private static void phminposuw(long[] x, int d, long low, long high, int ignored) {
        x[d] = PackedSearch.phminposuw(low, high);
        x[d + 1] = 0;
    }

    private static void insertps(long[] x, int d, long low, long high, int control) {
        insertps(x, d, doubleword(low, high, control >> 6), control);
    }

    private static void insertpsMemory(long[] x, int d, long low, long high, int control) {
        insertps(x, d, low, control);
    }

    private static void insertps(long[] x, int d, long value, int control) {
        int position = control >> 4 & 3;
        int half = d + (position >> 1);
        x[half] = PackedShuffle.insert(x[half], (position & 1) << 5, LOW_32, value);
        x[d] &= ~PackedShuffle.doublewordMask(control);
        x[d + 1] &= ~PackedShuffle.doublewordMask(control >> 2);
    }

    /** PTEST: ZF where no bit is common, CF where the source has none that the destination lacks. */
    private static final class Test extends XmmOp {
        private static final int CF = 1;
        private static final int ZF = 0x40;

        Test(Insn i) {
            super(i);
        }

        @Override
        public @Nullable Op exec(Cpu c) {
            fetch(c);
            long a = c.xmm[d];
            long b = c.xmm[d + 1];
            boolean disjoint = (a & low | b & high) == 0;
            boolean contained = (~a & low | ~b & high) == 0;
            c.setArithmeticFlags((disjoint ? ZF : 0) | (contained ? CF : 0));
            return next;
        }
    }
}
