package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.emit.Assembler.BYTE;
import static dev.backplane.cpu.bt.internal.emit.Assembler.MAP_0F;
import static dev.backplane.cpu.bt.internal.emit.Assembler.P66;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RAX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.W;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;

/** Instructions on registers alone that have no ModR/M byte, or only compute an address. None of them changes flags. */
final class RegisterForms {
    private final Emission e;
    private final Assembler a;
    private final Operands operands;

    RegisterForms(Emission e, Operands operands) {
        this.e = e;
        this.operands = operands;
        a = e.a;
    }

    void lea(Insn i) {
        boolean wide = i.addressBytes == 8 && i.operandBytes == 8;
        int home = RegisterMap.home(i.reg);
        if (i.operandBytes == 2) {
            e.effective(RAX, wide);
            int target = operands.load(i, i.reg, false, RCX);
            a.op(P66, 0x8B, target, RAX);
            operands.write(i, i.reg, false, target);
        } else if (home >= 0) {
            e.effective(home, wide);
            e.last.changed(i.reg);
        } else {
            e.effective(RAX, wide);
            e.assign(i.reg, RAX);
        }
    }

    /** MOV of a constant to the register in the opcode. */
    void constant(Insn i) {
        if (i.opcode.has(Opcode.BYTE)) {
            int target = operands.load(i, i.rm, true, RAX);
            a.op(BYTE, 0xC6, 0, target);
            a.byte1((int) i.immediate);
            operands.write(i, i.rm, true, target);
        } else if (i.operandBytes == 2) {
            int target = operands.load(i, i.rm, false, RAX);
            a.op(P66, 0xC7, 0, target);
            a.int2((int) i.immediate);
            operands.write(i, i.rm, false, target);
        } else {
            int home = RegisterMap.home(i.rm);
            int target = home < 0 ? RAX : home;
            a.constant(target, i.operandBytes == 8 ? i.immediate : i.immediate & 0xFFFFFFFFL);
            e.assign(i.rm, target);
        }
    }

    void swapBytes(Insn i) {
        int target = operands.load(i, i.rm, false, RAX);
        int rex = (i.operandBytes == 8 ? 8 : 0) | target >> 3;
        if (rex != 0) {
            a.byte1(0x40 | rex);
        }
        a.byte1(0x0F);
        a.byte1(0xC8 | target & 7);
        operands.write(i, i.rm, false, target);
    }

    /** XCHG of a register with the accumulator. */
    void exchangeAccumulator(Insn i) {
        int other = operands.load(i, i.rm, false, RAX);
        a.op(CopyForms.properties(i), 0x87, RegisterMap.GUEST_RAX, other);
        operands.write(i, i.rm, false, other);
    }

    /** CBW, CWDE, CDQE. */
    void widen(Insn i) {
        int rax = RegisterMap.GUEST_RAX;
        switch (i.operandBytes) {
            case 2 -> a.op(P66 | BYTE, MAP_0F | 0xBE, rax, rax);
            case 4 -> a.op(0, MAP_0F | 0xBF, rax, rax);
            default -> a.op(W, 0x63, rax, rax);
        }
    }

    /** CWD, CDQ, CQO: host rax is scratch, rdx the guest's. */
    void widenPair(Insn i) {
        a.load(RAX, RegisterMap.GUEST_RAX);
        if (i.operandBytes == 2) {
            a.byte1(0x66);
        } else if (i.operandBytes == 8) {
            a.byte1(0x48);
        }
        a.byte1(0x99);
    }

    /** Without operands: the same bytes. */
    void verbatim(Insn i) {
        e.restore(e.needed());
        switch (i.mnemonic()) {
            case CLC -> a.byte1(0xF8);
            case STC -> a.byte1(0xF9);
            case CMC -> a.byte1(0xF5);
            case LFENCE -> a.op(0, MAP_0F | 0xAE, 5, 0);
            case MFENCE -> a.op(0, MAP_0F | 0xAE, 6, 0);
            default -> a.op(0, MAP_0F | 0xAE, 7, 0);
        }
        e.flagsSet();
    }
}
