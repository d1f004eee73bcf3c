package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.emit.Assembler.BYTE;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.decode.Opcode;

/**
 * Copied instructions on two registers, or one and a constant, of which one has no home: the state area's slot takes its place as a
 * memory operand, so that nothing is moved. A slot is only written whole, since a short store would stall the next load.
 */
final class SlotForms {
    private final Emission e;
    private final Assembler a;

    SlotForms(Emission e) {
        this.e = e;
        a = e.a;
    }

    /** Emits the opcode and its ModR/M, and tells what changes; false if this is not for here. EFLAGS have what is needed. */
    boolean emit(Insn i, int properties, boolean hasReg, boolean regFirst, boolean written) {
        int opcode = i.map << 8 | i.opcodeByte;
        boolean narrow = (properties & BYTE) != 0;
        if (!inPlace(i, hasReg) || narrow && hasReg && (i.highByte(i.reg) || i.highByte(i.rm))) {
            return false;
        }
        boolean rmHome = RegisterMap.home(i.rm) >= 0;
        boolean regHome = !hasReg || RegisterMap.home(i.reg) >= 0;
        boolean whole = i.operandBytes == 8 && !i.opcode.has(Opcode.BYTE);
        if (!rmHome && regHome && (regFirst || !written || whole)) {
            // The slot is the operand that ModR/M.rm names already.
            a.op(properties, opcode, hasReg ? RegisterMap.home(i.reg) : i.extension(), Emission.slot(i.rm));
        } else if (rmHome && !regHome && turns(i) && (!regFirst || !written || whole)) {
            a.op(properties, turned(i, opcode), RegisterMap.home(i.rm), Emission.slot(i.reg));
        } else {
            return false;
        }
        if (written) {
            e.last.changed(regFirst ? i.reg : i.rm);
        }
        return true;
    }

    /** In memory they would be another thing, or write both operands. */
    private static boolean inPlace(Insn i, boolean hasReg) {
        return switch (i.mnemonic()) {
            case XCHG, XADD -> false;
            case BT, BTS, BTR, BTC -> !hasReg;
            default -> true;
        };
    }

    /** There is the same instruction with its operands in the other order. */
    private static boolean turns(Insn i) {
        return switch (i.mnemonic()) {
            case ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST, MOV -> i.map == 0;
            default -> false;
        };
    }

    private static int turned(Insn i, int opcode) {
        return i.mnemonic() == Mnemonic.TEST ? opcode : opcode ^ 2;
    }
}
