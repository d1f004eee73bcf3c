package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import org.jspecify.annotations.Nullable;

/** The instructions that move. In the opcode table a first operand E, W, Q or M says that ModRM.rm is the destination. */
final class MoveFactory {
    private MoveFactory() {}

    static @Nullable Op op(Insn i) {
        boolean store = "EWQM".indexOf(i.opcode.operands().charAt(0)) >= 0;
        return switch (i.mnemonic()) {
            case MOVAPS, MOVAPD, MOVDQA, MOVNTDQ, MOVNTPS, MOVNTPD, MOVNTDQA -> whole(i, store, true);
            case MOVUPS, MOVUPD, MOVDQU, LDDQU -> whole(i, store, false);
            case MOVSS -> scalar(i, store, true);
            case MOVSD -> scalar(i, store, false);
            case MOVQ -> movq(i, store);
            case MOVD -> movd(i, store);
            case MOVNTQ -> new MmxOps.Store(i);
            case MOVLPS, MOVLPD -> half(i, store, false);
            case MOVHPS, MOVHPD -> half(i, store, true);
            case MOVLHPS -> new MoveOps.LoadHalf(i, true, false);
            case MOVHLPS -> new MoveOps.LoadHalf(i, false, true);
            case MOVDDUP ->
                ShuffleFactory.whole(i, (x, d, low, high, n) -> {
                    x[d] = low;
                    x[d + 1] = low;
                });
            case MOVSLDUP ->
                ShuffleFactory.whole(i, (x, d, low, high, n) -> {
                    x[d] = PackedUnpack.punpckldq(low, low);
                    x[d + 1] = PackedUnpack.punpckldq(high, high);
                });
            case MOVSHDUP ->
                ShuffleFactory.whole(i, (x, d, low, high, n) -> {
                    x[d] = PackedUnpack.punpckhdq(low, low);
                    x[d + 1] = PackedUnpack.punpckhdq(high, high);
                });
            case MOVQ2DQ -> new MoveOps.FromMmx(i);
            case MOVDQ2Q -> new MoveOps.ToMmx(i);
            case MASKMOVDQU -> new MoveOps.Masked(i, false);
            case MASKMOVQ -> new MoveOps.Masked(i, true);
            case EMMS -> new MmxOps.Leave();
            default -> null;
        };
    }

    private static Op whole(Insn i, boolean store, boolean aligned) {
        if (!i.memory) {
            return store ? new MoveOps.Register(i.rm, i.reg, true) : new MoveOps.Register(i.reg, i.rm, true);
        }
        return store ? new MoveOps.Store(i, aligned) : new MoveOps.Load(i, aligned);
    }

    private static Op scalar(Insn i, boolean store, boolean single) {
        if (i.memory) {
            return store ? new MoveOps.StorePart(i, false) : new MoveOps.Load(i, false);
        }
        int target = store ? i.rm : i.reg;
        int source = store ? i.reg : i.rm;
        return single ? new MoveOps.MergeSingle(target, source) : new MoveOps.MergeDouble(target, source);
    }

    private static Op movq(Insn i, boolean store) {
        char kind = i.opcode.operands().charAt(0);
        if (kind == 'P') {
            return new MmxOps.Binary(i, (a, b) -> b);
        }
        if (kind == 'Q') {
            return new MmxOps.Store(i);
        }
        if (i.memory) {
            return store ? new MoveOps.StorePart(i, false) : new MoveOps.Load(i, false);
        }
        return store ? new MoveOps.Register(i.rm, i.reg, false) : new MoveOps.Register(i.reg, i.rm, false);
    }

    private static Op movd(Insn i, boolean store) {
        int bytes = MoveOps.generalBytes(i);
        if (i.opcode.operands().contains("P")) {
            return store
                    ? new MmxOps.ToGeneral(i, i.reg, i.rm, bytes, (a, n) -> bytes == 8 ? a : a & 0xFFFF_FFFFL)
                    : new MmxOps.FromGeneral(i, bytes);
        }
        return store
                ? new XmmOps.Extract(i, i.reg, i.rm, bytes, (a, b, n) -> bytes == 8 ? a : a & 0xFFFF_FFFFL)
                : new MoveOps.FromGeneral(i);
    }

    private static Op half(Insn i, boolean store, boolean high) {
        return store ? new MoveOps.StorePart(i, high) : new MoveOps.LoadHalf(i, high, false);
    }
}
