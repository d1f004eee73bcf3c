package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_R9;
import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RAX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RAX_RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.BYTE;
import static dev.backplane.cpu.bt.internal.emit.Assembler.LOCK;
import static dev.backplane.cpu.bt.internal.emit.Assembler.MAP_0F;
import static dev.backplane.cpu.bt.internal.emit.Assembler.NOT_ABOVE;
import static dev.backplane.cpu.bt.internal.emit.Assembler.NOT_BELOW;
import static dev.backplane.cpu.bt.internal.emit.Assembler.NOT_EQUAL;
import static dev.backplane.cpu.bt.internal.emit.Assembler.P66;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RAX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RDX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.W;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Gpr;

/** Instructions that use rax, rdx or cl whatever their operands are. */
final class ArithmeticForms {
    private static final int RAX_HOME = RegisterMap.GUEST_RAX;

    private final Emission e;
    private final Assembler a;
    private final Operands operands;

    ArithmeticForms(Emission e, Operands operands) {
        this.e = e;
        this.operands = operands;
        a = e.a;
    }

    /** MUL and IMUL with one operand. Host rdx is the guest's. */
    void multiply(Insn i) {
        boolean narrow = i.opcode.has(Opcode.BYTE);
        int rm;
        if (i.memory) {
            e.access(CopyForms.size(i), false, false);
            rm = e.joinInRcx();
        } else {
            rm = operands.load(i, i.rm, narrow, RCX);
        }
        a.load(RAX, RAX_HOME);
        a.op(CopyForms.properties(i) | (narrow ? BYTE : 0), i.opcodeByte, i.extension(), rm);
        if (narrow || i.operandBytes == 2) {
            a.op(P66, 0x8B, RAX_HOME, RAX);
        } else {
            a.load(RAX_HOME, RAX);
        }
        e.flagsSet();
        if (e.mends()) {
            e.mendProduct(Gpr.RAX, CopyForms.size(i, narrow));
        }
    }

    /**
     * DIV and IDIV of 32 or 64 bits, where they surely do not fault; the interpreter does the others. All flags are undefined, and
     * stay where they are counted.
     */
    void divide(Insn i) {
        boolean wide = i.operandBytes == 8;
        int w = wide ? W : 0;
        e.preserve();
        if (i.memory) {
            e.access(i.operandBytes, false, false);
            a.op(w, 0x8B, RCX, AT_RAX_RCX);
        } else {
            a.op(w, 0x8B, RCX, e.inRegister(i.rm, RCX));
        }
        if (i.mnemonic() == Mnemonic.DIV) {
            // The quotient fits exactly if the upper half is below the divisor.
            a.op(w, 0x3B, RDX, RCX);
            e.interpretIf(NOT_BELOW);
        } else {
            // The upper half is the lower's sign, and the divisor neither 0 nor -1.
            a.lea(RAX, RCX, -1, 0, 1, wide);
            a.op(w, 0x83, 7, RAX);
            a.byte1(1);
            e.interpretIf(NOT_ABOVE);
            a.op(w, 0x8B, RAX, RAX_HOME);
            a.op(w, 0xC1, 7, RAX);
            a.byte1(wide ? 63 : 31);
            a.op(w, 0x3B, RAX, RDX);
            e.interpretIf(NOT_EQUAL);
        }
        a.load(RAX, RAX_HOME);
        a.op(w, 0xF7, i.extension(), RCX);
        a.load(RAX_HOME, RAX);
        if (!e.counted) {
            e.flagsSet();
        }
    }

    /** Shifts and rotations by CL. */
    void shiftByCl(Insn i) {
        boolean narrow = i.opcode.has(Opcode.BYTE);
        boolean pair = i.mnemonic() == Mnemonic.SHLD || i.mnemonic() == Mnemonic.SHRD;
        int needed = e.needed();
        int rm;
        if (i.memory) {
            e.access(CopyForms.size(i), true, false);
            e.joinInRcx();
            e.restore(needed);
            a.load(RAX, RCX);
            rm = AT_RAX;
        } else {
            e.restore(needed);
            rm = operands.load(i, i.rm, narrow, RAX);
        }
        int reg = pair ? operands.load(i, i.reg, false, RAX) : i.extension();
        a.op(0, 0x8B, RCX, RegisterMap.GUEST_RCX);
        a.op(CopyForms.properties(i) | (narrow ? BYTE : 0), i.map << 8 | i.opcodeByte, reg, rm);
        e.flagsSet();
        if (!i.memory) {
            operands.write(i, i.rm, narrow, rm);
        }
    }

    void compareExchange(Insn i) {
        boolean narrow = i.opcode.has(Opcode.BYTE);
        int rm;
        if (i.memory) {
            e.access(CopyForms.size(i), true, i.lock);
            e.joinInRcx();
            rm = AT_RCX;
        } else {
            rm = e.inRegister(i.rm, RCX);
        }
        a.load(RAX, RAX_HOME);
        int reg = RegisterMap.home(i.reg);
        a.op(CopyForms.properties(i) | (narrow ? BYTE : 0), i.map << 8 | i.opcodeByte, reg, rm);
        a.load(RAX_HOME, RAX);
        e.flagsSet();
        if (!i.memory) {
            operands.write(i, i.rm, narrow, rm);
        }
    }

    /** CMPXCHG8B and CMPXCHG16B: guest rdx and rbx are where they belong; the address takes the place of rax. */
    void compareExchangePair(Insn i) {
        int size = i.opcode.memoryBytes();
        e.access(size, true, i.lock || size == 16);
        e.joinInRcx();
        e.restore(e.needed());
        a.load(RAX, RAX_HOME);
        a.load(RAX_HOME, RCX);
        a.load(RCX, RegisterMap.GUEST_RCX);
        a.op((size == 16 ? W : 0) | (i.lock ? LOCK : 0), MAP_0F | 0xC7, 1, AT_R9);
        a.load(RAX_HOME, RAX);
        e.flagsSet();
    }
}
