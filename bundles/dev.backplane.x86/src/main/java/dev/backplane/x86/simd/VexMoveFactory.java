package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.interp.Op;
import org.jspecify.annotations.Nullable;

/** The instructions of AVX that move, broadcast and permute. */
final class VexMoveFactory {
    private VexMoveFactory() {}

    static @Nullable Op op(Insn i) {
        boolean store = "EWUM".indexOf(i.opcode.operands().charAt(0)) >= 0;
        return switch (i.mnemonic()) {
            case MOVAPS, MOVAPD, MOVDQA, MOVNTDQ, MOVNTPS, MOVNTPD, MOVNTDQA -> whole(i, store, true);
            case MOVUPS, MOVUPD, MOVDQU, LDDQU -> whole(i, store, false);
            case MOVSS -> i.memory ? part(i, store) : new VexMoves.Merge(i, store, 0xFFFF_FFFFL);
            case MOVSD -> i.memory ? part(i, store) : new VexMoves.Merge(i, store, -1);
            case MOVQ -> i.memory ? part(i, store) : new VexMoves.Register(i, store, 8);
            case MOVD -> store ? MoveFactory.op(i) : new VexMoves.FromGeneral(i);
            case MOVLPS, MOVLPD ->
                store ? new MoveOps.StorePart(i, false) : new VexMoves.Halves(i, (a, b, x, y) -> x, (a, b, x, y) -> b);
            case MOVHPS, MOVHPD ->
                store ? new MoveOps.StorePart(i, true) : new VexMoves.Halves(i, (a, b, x, y) -> a, (a, b, x, y) -> x);
            case MOVHLPS -> new VexMoves.Halves(i, (a, b, x, y) -> y, (a, b, x, y) -> b);
            case MOVLHPS -> new VexMoves.Halves(i, (a, b, x, y) -> a, (a, b, x, y) -> x);
            case MASKMOVDQU, MOVDDUP, MOVSLDUP, MOVSHDUP -> MoveFactory.op(i);
            case ZEROUPPER -> new VexMoves.Zero(i, false);
            case ZEROALL -> new VexMoves.Zero(i, true);
            case MASKMOVPS, PMASKMOVD -> store ? new MaskedMoves.Store(i, 4) : new MaskedMoves.Load(i, 4);
            case MASKMOVPD, PMASKMOVQ -> store ? new MaskedMoves.Store(i, 8) : new MaskedMoves.Load(i, 8);
            case PGATHERDD, GATHERDPS -> new Gather(i, 4, 4);
            case PGATHERDQ, GATHERDPD -> new Gather(i, 4, 8);
            case PGATHERQD, GATHERQPS -> new Gather(i, 8, 4);
            case PGATHERQQ, GATHERQPD -> new Gather(i, 8, 8);
            default -> permutation(i);
        };
    }

    private static @Nullable Op permutation(Insn i) {
        return switch (i.mnemonic()) {
            case BROADCASTSS, PBROADCASTD -> new VexPermutations.Broadcast(i, 4);
            case BROADCASTSD, PBROADCASTQ -> new VexPermutations.Broadcast(i, 8);
            case BROADCASTF128, BROADCASTI128 -> new VexPermutations.Broadcast(i, 16);
            case PBROADCASTB -> new VexPermutations.Broadcast(i, 1);
            case PBROADCASTW -> new VexPermutations.Broadcast(i, 2);
            case PERM2F128, PERM2I128 -> new VexPermutations.Halves(i);
            case INSERTF128, INSERTI128 -> new VexPermutations.InsertHalf(i);
            case EXTRACTF128, EXTRACTI128 -> new VexPermutations.ExtractHalf(i);
            case PERMQ, PERMPD -> new VexPermutations.Quadwords(i);
            case PERMD, PERMPS -> new VexPermutations.Doublewords(i);
            case TESTPS -> new VexOps.Test(i, Lanes.D);
            case TESTPD -> new VexOps.Test(i, Long.MIN_VALUE);
            case PTEST -> new VexOps.Test(i, -1);
            case PSLLVD -> new VexOps.Lanewise(i, VariableShift::psllvd);
            case PSRLVD -> new VexOps.Lanewise(i, VariableShift::psrlvd);
            case PSRAVD -> new VexOps.Lanewise(i, VariableShift::psravd);
            case PSLLVQ -> new VexOps.Lanewise(i, PackedShift::psllq);
            case PSRLVQ -> new VexOps.Lanewise(i, PackedShift::psrlq);
            default -> null;
        };
    }

    private static Op whole(Insn i, boolean store, boolean aligned) {
        if (!i.memory) {
            return new VexMoves.Register(i, store, i.vectorBytes);
        }
        return store ? new VexMoves.Store(i, aligned) : new VexMoves.Load(i, aligned);
    }

    private static Op part(Insn i, boolean store) {
        return store ? new MoveOps.StorePart(i, false) : new VexMoves.Load(i, false);
    }
}
