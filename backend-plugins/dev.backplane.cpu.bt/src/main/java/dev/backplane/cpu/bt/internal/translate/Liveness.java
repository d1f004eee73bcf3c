package dev.backplane.cpu.bt.internal.translate;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Bits;

/** Which arithmetic flags an instruction reads and which it surely replaces. */
final class Liveness {
    static final int ALL = Bits.ARITHMETIC;

    private Liveness() {}

    static int read(Insn i) {
        // It saves them in R11.
        return i.mnemonic() == Mnemonic.SYSCALL ? ALL : i.opcode.flagsRead() & ALL;
    }

    /** Flags that have a new value afterwards, whatever the operands are. */
    static int killed(Insn i) {
        int written = i.opcode.flagsWritten() & ALL;
        return switch (i.mnemonic()) {
            case ROL, ROR, RCL, RCR, SHL, SHR, SAR, SHLD, SHRD -> shifts(i) ? written : 0;
            // It may repeat no time.
            case CMPS, SCAS -> i.repeat == 0 ? written : 0;
            default -> i.opcode.has(Opcode.MAY_KEEP_FLAGS) ? 0 : written;
        };
    }

    /** Flags that it may change. */
    static int written(Insn i) {
        return i.opcode.flagsWritten() & ALL;
    }

    /** Whether a shift's count is surely not zero. */
    private static boolean shifts(Insn i) {
        String operands = i.opcode.operands();
        int mask = i.operandBytes == 8 && !i.opcode.has(Opcode.BYTE) ? 63 : 31;
        return operands.endsWith("1") || operands.endsWith("Ib") && (i.immediate & mask) != 0;
    }
}
