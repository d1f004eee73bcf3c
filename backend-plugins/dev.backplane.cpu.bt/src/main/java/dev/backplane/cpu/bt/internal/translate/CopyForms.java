package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RAX_RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.BELOW;
import static dev.backplane.cpu.bt.internal.emit.Assembler.BYTE;
import static dev.backplane.cpu.bt.internal.emit.Assembler.LOCK;
import static dev.backplane.cpu.bt.internal.emit.Assembler.MAP_0F;
import static dev.backplane.cpu.bt.internal.emit.Assembler.OVERFLOW;
import static dev.backplane.cpu.bt.internal.emit.Assembler.P66;
import static dev.backplane.cpu.bt.internal.emit.Assembler.PF2;
import static dev.backplane.cpu.bt.internal.emit.Assembler.PF3;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RAX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.W;
import static dev.backplane.cpu.bt.internal.emit.Assembler.gs;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.cpu.bt.internal.run.StateArea;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Gpr;

/** Instructions that are copied: the opcode and immediate stay, registers and memory operand are replaced. */
final class CopyForms {
    private final Emission e;
    private final Assembler a;
    private final Operands operands;
    private final SlotForms slots;

    CopyForms(Emission e, Operands operands) {
        this.e = e;
        this.operands = operands;
        slots = new SlotForms(e);
        a = e.a;
    }

    void emit(Insn i) {
        String text = i.opcode.operands();
        int opcode = i.map << 8 | i.opcodeByte;
        if (i.modrm < 0) {
            // AL,Ib and rAX,Iz: the same with ModR/M.
            accumulator(i, text.startsWith("AL"));
            return;
        }
        boolean hasReg = text.indexOf('G') >= 0;
        boolean regNarrow = text.contains("Gb");
        boolean rmNarrow = text.contains("Eb");
        int properties = properties(i) | (regNarrow || rmNarrow ? BYTE : 0);
        boolean regFirst = text.charAt(0) == 'G';
        boolean firstWritten = writesFirst(i.mnemonic());
        boolean bothWritten = i.mnemonic() == Mnemonic.XCHG || i.mnemonic() == Mnemonic.XADD;
        boolean regWritten = hasReg && (regFirst ? firstWritten : bothWritten);
        boolean rmWritten = regFirst ? bothWritten : firstWritten;
        int reg = hasReg ? 0 : i.extension();
        boolean mends = e.mends();
        if (i.memory) {
            boolean locked = i.lock || i.mnemonic() == Mnemonic.XCHG;
            e.access(size(i), i.opcode.has(Opcode.WRITES), locked);
            int needed = e.needed();
            boolean scratch = hasReg && Operands.homeless(i, i.reg, regNarrow);
            boolean only = scratch && !regNarrow && regFirst && replaces(i);
            int at = scratch && !only || e.wouldRestore(needed) ? e.joinInRcx() : AT_RAX_RCX;
            e.restore(needed);
            if (hasReg) {
                reg = only ? RAX : operands.load(i, i.reg, regNarrow, RAX);
            }
            a.op(properties, opcode, reg, at);
        } else {
            e.restore(e.needed());
            if (!mends && slots.emit(i, properties, hasReg, regFirst, firstWritten)) {
                immediate(i);
                e.flagsSet();
                return;
            }
            boolean same = hasReg && i.reg == i.rm && regNarrow == rmNarrow;
            int rm = same && zeroes(i) ? RAX : operands.load(i, i.rm, rmNarrow, RAX);
            if (hasReg) {
                reg = same ? rm : operands.load(i, i.reg, regNarrow, RCX);
            }
            if (mends && ChosenResults.overflow(i)) {
                shiftOne(i, properties, rm);
            }
            a.op(properties, opcode, reg, rm);
            immediate(i);
            e.flagsSet();
            if (rmWritten) {
                boolean known = e.last.known();
                operands.write(i, i.rm, rmNarrow, rm);
                stepped(i, i.rm, known);
            }
            if (regWritten) {
                operands.write(i, i.reg, regNarrow, reg);
            }
            mend(i, mends);
            return;
        }
        immediate(i);
        e.flagsSet();
        if (regWritten) {
            operands.write(i, i.reg, regNarrow, reg);
        }
        mend(i, mends);
    }

    /** Adding a constant to a register does not lose the address that was checked with it. */
    private void stepped(Insn i, int guest, boolean known) {
        if (i.operandBytes != 8 || i.opcode.has(Opcode.BYTE) || RegisterMap.home(guest) < 0) {
            return;
        }
        boolean constant = i.opcode.immediate() != Opcode.Immediate.NONE;
        switch (i.mnemonic()) {
            case ADD -> step(guest, i.immediate, known && constant);
            case SUB -> step(guest, -i.immediate, known && constant);
            case INC -> step(guest, 1, known);
            case DEC -> step(guest, -1, known);
            default -> {}
        }
    }

    private void step(int guest, long by, boolean known) {
        if (known) {
            e.last.restore(true);
            e.last.moved(guest, by);
        }
    }

    /** OF of a shift by one, for one by more, which leaves it open. */
    private void shiftOne(Insn i, int properties, int rm) {
        e.last.forget();
        a.load(RCX, rm);
        a.op(properties, (properties & BYTE) != 0 ? 0xD0 : 0xD1, i.extension(), RCX);
        a.op(BYTE, MAP_0F | 0x90 | OVERFLOW, 0, gs(StateArea.TEMPORARY));
    }

    private void mend(Insn i, boolean mends) {
        if (!mends) {
            return;
        }
        if (i.mnemonic() == Mnemonic.IMUL) {
            e.mendProduct(i.reg, size(i, false));
        } else {
            e.mendShift(ChosenResults.overflow(i));
        }
    }

    /** BT, BTS, BTR and BTC of a bit string in memory: the number in a register tells where. */
    void bit(Insn i) {
        e.accessBit(i.reg, i.opcode.has(Opcode.WRITES));
        e.joinInRcx();
        a.op(0, 0x8B, RAX, e.inRegister(i.reg, RAX));
        a.op(0, 0x83, 4, RAX);
        a.byte1(8 * i.operandBytes - 1);
        a.op(properties(i), MAP_0F | i.opcodeByte, RAX, AT_RCX);
        if ((e.liveOut & ~Bits.CF) == 0) {
            e.flagsSet();
        } else {
            // The others are in the slot.
            a.op(BYTE, MAP_0F | 0x90 | BELOW, 0, RAX);
            a.op(BYTE, 0x80, 4, gs(StateArea.FLAGS + 1));
            a.byte1(~Bits.CF);
            a.op(BYTE, 0x08, RAX, gs(StateArea.FLAGS + 1));
            e.flagsInSlot();
        }
    }

    private void accumulator(Insn i, boolean narrow) {
        e.restore(e.needed());
        int opcode = i.mnemonic() == Mnemonic.TEST ? 0xF6 : 0x80;
        int extension = i.mnemonic() == Mnemonic.TEST ? 0 : i.opcodeByte >> 3;
        a.op(properties(i) | (narrow ? BYTE : 0), narrow ? opcode : opcode + 1, extension, RegisterMap.GUEST_RAX);
        immediate(i);
        boolean known = e.last.known();
        e.last.changed(Gpr.RAX);
        stepped(i, Gpr.RAX, known);
        e.flagsSet();
    }

    /** MOV with an absolute address: as one with ModR/M. */
    void offset(Insn i) {
        boolean narrow = i.opcode.has(Opcode.BYTE);
        boolean write = i.opcode.has(Opcode.WRITES);
        i.base = Gpr.ZERO;
        i.index = Gpr.ZERO;
        e.access(narrow ? 1 : i.operandBytes, write, false);
        int opcode = (write ? 0x88 : 0x8A) + (narrow ? 0 : 1);
        a.op(properties(i) | (narrow ? BYTE : 0), opcode, RegisterMap.GUEST_RAX, AT_RAX_RCX);
    }

    static int properties(Insn i) {
        int properties = i.opcode.has(Opcode.BYTE) || i.operandBytes != 8 ? 0 : W;
        if (i.operandBytes == 2 && !i.opcode.has(Opcode.BYTE)) {
            properties |= P66;
        }
        return switch (i.mnemonic()) {
                    case POPCNT, TZCNT, LZCNT -> properties | PF3;
                    case CRC32 -> (i.operandBytes == 8 ? W : 0) | PF2 | (properties & P66);
                    default -> properties;
                }
                | (i.lock ? LOCK : 0);
    }

    /** The operand size as a property. */
    static int size(Insn i, boolean narrow) {
        return narrow ? BYTE : i.operandBytes == 8 ? W : i.operandBytes == 2 ? P66 : 0;
    }

    static int size(Insn i) {
        int bytes = i.opcode.memoryBytes();
        return bytes != 0 ? bytes : i.opcode.has(Opcode.BYTE) ? 1 : i.operandBytes;
    }

    void immediate(Insn i) {
        switch (i.opcode.immediate()) {
            case BYTE -> a.byte1((int) i.immediate);
            case FULL -> {
                if (i.operandBytes == 2) {
                    a.int2((int) i.immediate);
                } else {
                    a.int4((int) i.immediate);
                }
            }
            default -> {}
        }
    }

    /** Its first operand gets a value that has nothing to do with the one before. */
    private static boolean replaces(Insn i) {
        return switch (i.mnemonic()) {
            case MOV, MOVZX, MOVSX, MOVSXD -> i.operandBytes >= 4;
            default -> false;
        };
    }

    /** A register without a home becomes zero, whatever it was. */
    private static boolean zeroes(Insn i) {
        return (i.mnemonic() == Mnemonic.XOR || i.mnemonic() == Mnemonic.SUB)
                && i.operandBytes >= 4
                && !i.opcode.has(Opcode.BYTE)
                && RegisterMap.home(i.rm) < 0;
    }

    private static boolean writesFirst(Mnemonic mnemonic) {
        return switch (mnemonic) {
            case CMP, TEST, BT -> false;
            default -> true;
        };
    }
}
