package dev.backplane.cpu.bt.internal.translate;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Bits;

/**
 * Where processors differ, since the manuals leave a result open: {@link Fidelity#COUNTED} code has what the interpreter has.
 * Undefined flags that all of today's processors leave alike (those of BT, BSF and of logic) are not among these.
 */
final class ChosenResults {
    private ChosenResults() {}

    /** Flags behind an instruction that may not be the interpreter's. DIV is not here: its flags are not taken from the host. */
    static int flags(Insn i) {
        return switch (i.mnemonic()) {
            case MUL, IMUL1, IMUL -> Bits.SF | Bits.ZF | Bits.AF | Bits.PF;
            case SHL, SHR -> kept(i) ? 0 : byOne(i) ? Bits.AF : Bits.AF | Bits.OF;
            case SAR -> kept(i) ? 0 : Bits.AF;
            case ROL, ROR, RCL, RCR -> kept(i) || byOne(i) ? 0 : Bits.OF;
            case SHLD, SHRD -> kept(i) ? 0 : i.operandBytes == 2 ? Bits.ARITHMETIC : Bits.AF | Bits.OF;
            case ANDN, BLSR, BLSMSK, BLSI, BZHI -> Bits.AF | Bits.PF;
            case BEXTR -> Bits.SF | Bits.AF | Bits.PF;
            case TZCNT, LZCNT -> Bits.OF | Bits.SF | Bits.AF | Bits.PF;
            default -> 0;
        };
    }

    /** Whether emitted code can make them the interpreter's. */
    static boolean mendable(Insn i) {
        return switch (i.mnemonic()) {
            case MUL, IMUL1, IMUL -> true;
            case SHL, SHR -> byOne(i) || constant(i) && !i.memory;
            case SAR -> byOne(i) || constant(i);
            default -> false;
        };
    }

    /** Whether OF, which is that of a shift by one, needs a shift of its own. */
    static boolean overflow(Insn i) {
        return (flags(i) & Bits.OF) != 0;
    }

    /** Whether a result in a register or in memory may not be the interpreter's, so that only that may execute it. */
    static boolean result(Insn i) {
        return switch (i.mnemonic()) {
            case RCPPS, RCPSS, RSQRTPS, RSQRTSS, DPPS, DPPD -> true;
            case SHLD, SHRD -> i.operandBytes == 2;
            default -> false;
        };
    }

    private static boolean byOne(Insn i) {
        return i.opcode.operands().endsWith("1") || constant(i) && count(i) == 1;
    }

    private static boolean constant(Insn i) {
        return i.opcode.operands().endsWith("Ib");
    }

    /** The flags surely stay: the count is 0. */
    private static boolean kept(Insn i) {
        return constant(i) && count(i) == 0;
    }

    private static int count(Insn i) {
        return (int) i.immediate & (i.operandBytes == 8 && !i.opcode.has(Opcode.BYTE) ? 63 : 31);
    }
}
