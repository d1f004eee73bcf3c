package dev.backplane.x86.simd;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.interp.Op;
import dev.backplane.x86.interp.OpFamily;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/**
 * The operations of MMX, SSE and AVX. One for each virtual CPU: its operations share the unit that rounds and collects
 * exceptions.
 */
public final class SimdFamily implements OpFamily {
    private final FloatFactory floats = new FloatFactory(new SseUnit());

    @Override
    public @Nullable Op op(Insn i, int mode) {
        Op op = available(i);
        if (op == null) {
            return null;
        }
        if (i.vex()) {
            return (mode & Cpu.NO_AVX) == 0 ? op : new VexUnavailableOp();
        }
        boolean mmx = usesNoXmm(i);
        return (mode & (mmx ? Cpu.NO_FPU : Cpu.NO_SSE)) == 0 ? op : new UnavailableOp(!mmx);
    }

    private @Nullable Op available(Insn i) {
        Op op = i.vex() ? VexMoveFactory.op(i) : MoveFactory.op(i);
        if (op == null) {
            op = PackedFactory.op(i);
        }
        if (op == null) {
            op = floats.op(i);
        }
        return op != null ? op : special(i);
    }

    private static @Nullable Op special(Insn i) {
        return switch (i.mnemonic()) {
            case LDMXCSR -> new MxcsrOps.Load(i);
            case STMXCSR -> new MxcsrOps.Store(i);
            case AESENC -> ShuffleFactory.whole(i, Aes::encrypt);
            case AESENCLAST -> ShuffleFactory.whole(i, Aes::encryptLast);
            case AESDEC -> ShuffleFactory.whole(i, Aes::decrypt);
            case AESDECLAST -> ShuffleFactory.whole(i, Aes::decryptLast);
            case AESIMC -> ShuffleFactory.whole(i, Aes::inverseMixColumns);
            case AESKEYGENASSIST -> ShuffleFactory.whole(i, Aes::keyAssist);
            case SHA1NEXTE -> new XmmOps.Whole(i, Sha::sha1nexte);
            case SHA1MSG1 -> new XmmOps.Whole(i, Sha::sha1msg1);
            case SHA1MSG2 -> new XmmOps.Whole(i, Sha::sha1msg2);
            case SHA1RNDS4 -> new XmmOps.Whole(i, Sha::sha1rnds4);
            case SHA256RNDS2 -> new XmmOps.Whole(i, Sha::sha256rnds2);
            case SHA256MSG1 -> new XmmOps.Whole(i, Sha::sha256msg1);
            case SHA256MSG2 -> new XmmOps.Whole(i, Sha::sha256msg2);
            case PCLMULQDQ -> ShuffleFactory.whole(i, CarrylessProduct::pclmulqdq);
            case PCMPESTRM -> new StringOp(i, true, false);
            case PCMPESTRI -> new StringOp(i, true, true);
            case PCMPISTRM -> new StringOp(i, false, false);
            case PCMPISTRI -> new StringOp(i, false, true);
            default -> null;
        };
    }

    private static boolean usesNoXmm(Insn i) {
        if (i.mnemonic() == Mnemonic.LDMXCSR || i.mnemonic() == Mnemonic.STMXCSR) {
            return false;
        }
        String operands = i.opcode.operands();
        for (int n = 0; n < operands.length(); n++) {
            char kind = operands.charAt(n);
            if (kind == 'V' || kind == 'W' || kind == 'U') {
                return false;
            }
        }
        return true;
    }
}
