package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RAX_RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RAX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RBP;
import static dev.backplane.cpu.bt.internal.emit.Assembler.W;
import static dev.backplane.cpu.bt.internal.emit.Assembler.gs;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.cpu.bt.internal.run.StateArea;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;

/** PUSH, POP and LEAVE of 64 bits. */
final class StackForms {
    private static final int RSP = RegisterMap.GUEST_RSP;

    private final Emission e;
    private final Assembler a;

    StackForms(Emission e) {
        this.e = e;
        a = e.a;
    }

    void push(Insn i) {
        if (i.memory) {
            e.access(8, false, false);
            a.load(RAX, AT_RAX_RCX);
            a.store(gs(StateArea.TEMPORARY), RAX);
            e.access(RSP, -8, 8, true);
            e.joinInRcx();
            a.load(RAX, gs(StateArea.TEMPORARY));
            a.store(AT_RCX, RAX);
        } else if (i.opcode.immediate() != Opcode.Immediate.NONE) {
            constant(i.immediate);
        } else {
            e.access(RSP, -8, 8, true);
            if (RegisterMap.home(i.rm) >= 0) {
                a.store(AT_RAX_RCX, RegisterMap.home(i.rm));
            } else {
                e.joinInRcx();
                a.store(AT_RCX, e.inRegister(i.rm, RAX));
            }
        }
        a.lea(RSP, RSP, -1, 0, -8, true);
    }

    /** Pushes what some code leaves in rax. It keeps what it needs of the flags. */
    void push(Runnable value) {
        value.run();
        a.store(gs(StateArea.TEMPORARY), RAX);
        e.access(RSP, -8, 8, true);
        e.joinInRcx();
        a.load(RAX, gs(StateArea.TEMPORARY));
        a.store(AT_RCX, RAX);
        a.lea(RSP, RSP, -1, 0, -8, true);
    }

    void pop(Insn i) {
        e.access(RSP, 0, 8, false);
        a.lea(RSP, RSP, -1, 0, 8, true);
        int home = RegisterMap.home(i.rm);
        a.load(home < 0 ? RAX : home, AT_RAX_RCX);
        if (home < 0) {
            e.assign(i.rm, RAX);
        }
    }

    void leave() {
        e.access(RBP, 0, 8, false);
        a.lea(RSP, RBP, -1, 0, 8, true);
        a.load(RBP, AT_RAX_RCX);
    }

    /** The first half of a call. */
    void pushReturn(long address) {
        constant(address);
        a.lea(RSP, RSP, -1, 0, -8, true);
    }

    /** Stores below the stack pointer, and leaves that to the caller to move. */
    private void constant(long value) {
        e.access(RSP, -8, 8, true);
        if (value == (int) value) {
            a.op(W, 0xC7, 0, AT_RAX_RCX);
            a.int4((int) value);
        } else {
            e.joinInRcx();
            a.constant(RAX, value);
            a.store(AT_RCX, RAX);
        }
    }
}
