package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RAX_RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.P66;
import static dev.backplane.cpu.bt.internal.emit.Assembler.PF2;
import static dev.backplane.cpu.bt.internal.emit.Assembler.PF3;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RAX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.W;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.decode.Opcode;

/** SSE instructions, copied: the guest's xmm registers and MXCSR are the host's. Operands of 16 bytes are aligned, or the interpreter faults. */
final class SimdForms {
    private static final int XMM_BYTES = 16;

    private final Emission e;
    private final Assembler a;
    private final Operands operands;

    SimdForms(Emission e, Operands operands) {
        this.e = e;
        this.operands = operands;
        a = e.a;
    }

    void emit(Insn i) {
        String text = i.opcode.operands();
        int opcode = i.map << 8 | i.opcodeByte;
        int properties = (i.rex & 8) != 0 ? W : 0;
        properties |= i.repeat == 0xF3 ? PF3 : i.repeat == 0xF2 ? PF2 : i.operandPrefix ? P66 : 0;
        boolean general = text.indexOf('G') >= 0;
        if (i.memory) {
            int size = size(i);
            e.access(size, i.opcode.has(Opcode.WRITES), size == XMM_BYTES && !unaligned(i.mnemonic()));
            int needed = e.needed();
            int at = general || e.wouldRestore(needed) ? e.joinInRcx() : AT_RAX_RCX;
            e.restore(needed);
            int reg = general ? operands.load(i, i.reg, false, RAX) : reg(i, text);
            a.op(properties, opcode, reg, at);
            finish(i, general, reg);
        } else {
            e.restore(e.needed());
            boolean generalRm = text.indexOf('E') >= 0;
            int rm = generalRm ? operands.load(i, i.rm, false, RAX) : i.rm;
            int reg = general ? operands.load(i, i.reg, false, RCX) : reg(i, text);
            a.op(properties, opcode, reg, rm);
            finish(i, general, reg);
            if (text.charAt(0) == 'E') {
                operands.write(i, i.rm, false, rm);
            }
        }
    }

    private void finish(Insn i, boolean general, int reg) {
        if (i.opcode.immediate() == Opcode.Immediate.BYTE) {
            a.byte1((int) i.immediate);
        }
        e.flagsSet();
        if (general) {
            operands.write(i, i.reg, false, reg);
        }
    }

    private static int reg(Insn i, String text) {
        return text.indexOf('V') >= 0 ? i.reg : i.extension();
    }

    private static int size(Insn i) {
        int bytes = i.opcode.memoryBytes();
        return bytes != 0 ? bytes : (i.rex & 8) != 0 ? 8 : 4;
    }

    private static boolean unaligned(Mnemonic mnemonic) {
        return switch (mnemonic) {
            case MOVUPS, MOVUPD, MOVDQU, LDDQU -> true;
            default -> false;
        };
    }
}
