package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RAX_RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RAX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RCX;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.decode.Opcode;

/** Instructions with a VEX prefix, copied: the guest's ymm registers are the host's, general registers are mapped. */
final class VexForms {
    private final Emission e;
    private final Assembler a;
    private final Operands operands;

    VexForms(Emission e, Operands operands) {
        this.e = e;
        this.operands = operands;
        a = e.a;
    }

    /** AVX. Only operands that have to be aligned are checked for it. */
    void vector(Insn i) {
        String text = i.opcode.operands();
        boolean general = text.charAt(0) == 'G';
        int rm;
        if (i.memory) {
            e.access(size(i), i.opcode.has(Opcode.WRITES), aligned(i.mnemonic()));
            int needed = e.needed();
            rm = general || e.wouldRestore(needed) ? e.joinInRcx() : AT_RAX_RCX;
            e.restore(needed);
        } else {
            e.restore(e.needed());
            boolean generalRm = text.indexOf('E') >= 0;
            rm = !generalRm ? i.rm : text.charAt(0) == 'E' ? target(i.rm) : operands.load(i, i.rm, false, RAX);
        }
        if (i.vectorBytes == 32) {
            e.usesUppers();
        }
        int reg = general ? target(i.reg) : text.indexOf('V') >= 0 ? i.reg : i.extension();
        op(i, reg, i.vvvv, rm);
        if (general) {
            operands.write(i, i.reg, false, reg);
        } else if (text.charAt(0) == 'E' && !i.memory) {
            operands.write(i, i.rm, false, rm);
        }
    }

    void zeroUpper() {
        a.zeroUpper();
        e.clearedUppers();
    }

    /** BMI: as many operands may be without a home as there are, since results may go where sources came from. */
    void general(Insn i) {
        boolean multiplies = i.mnemonic() == Mnemonic.MULX;
        boolean extended = i.opcode.operands().charAt(0) == 'B';
        boolean sourceInVvvv = !multiplies && !extended && i.opcode.has(Opcode.NAMES_VVVV);
        int rm;
        if (i.memory) {
            e.access(i.operandBytes, false, false);
            rm = e.joinInRcx();
            e.restore(e.needed());
        } else {
            e.restore(e.needed());
            rm = operands.load(i, i.rm, false, RCX);
        }
        int vvvv = sourceInVvvv
                ? operands.load(i, i.vvvv, false, RAX)
                : multiplies && i.vvvv != i.reg ? home(i.vvvv, RCX) : multiplies || extended ? target(i.vvvv) : 0;
        int reg = extended ? i.extension() : target(i.reg);
        op(i, reg, vvvv, rm);
        if (multiplies || extended) {
            operands.write(i, i.vvvv, false, vvvv);
        }
        if (!extended) {
            operands.write(i, i.reg, false, reg);
        }
    }

    private void op(Insn i, int reg, int vvvv, int rm) {
        int opcode = i.map << 8 | i.opcodeByte;
        a.vex(i.vexPrefix, opcode, reg, vvvv, rm, (i.rex & 8) != 0, i.vectorBytes == 32 ? 1 : 0);
        if (i.opcode.immediate() == Opcode.Immediate.BYTE) {
            a.byte1((int) i.immediate);
        }
        e.flagsSet();
    }

    /** Where a result for a guest register is to go: its home, or rax. */
    private static int target(int guest) {
        return home(guest, RAX);
    }

    private static int home(int guest, int scratch) {
        int home = RegisterMap.home(guest);
        return home < 0 ? scratch : home;
    }

    private static int size(Insn i) {
        int bytes = i.opcode.memoryBytes();
        return bytes != 0 ? bytes : i.operandBytes;
    }

    private static boolean aligned(Mnemonic mnemonic) {
        return switch (mnemonic) {
            case MOVAPS, MOVAPD, MOVDQA, MOVNTPS, MOVNTPD, MOVNTDQ, MOVNTDQA -> true;
            default -> false;
        };
    }
}
