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
import dev.backplane.x86.state.Gpr;

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
            e.last.forget();
            a.store(gs(StateArea.TEMPORARY), RAX);
            e.access(Gpr.RSP, -8, 8, true);
            e.joinInRcx();
            a.load(RAX, gs(StateArea.TEMPORARY));
            a.store(AT_RCX, RAX);
        } else if (i.opcode.immediate() != Opcode.Immediate.NONE) {
            constant(i.immediate);
        } else {
            e.access(Gpr.RSP, -8, 8, true);
            if (RegisterMap.home(i.rm) >= 0) {
                a.store(AT_RAX_RCX, RegisterMap.home(i.rm));
            } else {
                e.joinInRcx();
                a.store(AT_RCX, e.inRegister(i.rm, RAX));
            }
        }
        down();
    }

    /** Pushes what some code leaves in rax. It keeps what it needs of the flags. */
    void push(Runnable value) {
        value.run();
        e.last.forget();
        a.store(gs(StateArea.TEMPORARY), RAX);
        e.access(Gpr.RSP, -8, 8, true);
        e.joinInRcx();
        a.load(RAX, gs(StateArea.TEMPORARY));
        a.store(AT_RCX, RAX);
        down();
    }

    void pop(Insn i) {
        e.access(Gpr.RSP, 0, 8, false);
        a.lea(RSP, RSP, -1, 0, 8, true);
        e.last.moved(Gpr.RSP, 8);
        int home = RegisterMap.home(i.rm);
        int target = home < 0 ? RAX : home;
        a.load(target, AT_RAX_RCX);
        e.assign(i.rm, target);
    }

    /** Pops to some code that finds it in rax and may leave to the interpreter before it changes anything. */
    void pop(Runnable value) {
        e.preserve();
        e.access(Gpr.RSP, 0, 8, false);
        a.load(RAX, AT_RAX_RCX);
        value.run();
        a.lea(RSP, RSP, -1, 0, 8, true);
    }

    private void down() {
        a.lea(RSP, RSP, -1, 0, -8, true);
        e.last.moved(Gpr.RSP, -8);
    }

    void leave() {
        e.access(Gpr.RBP, 0, 8, false);
        a.lea(RSP, RBP, -1, 0, 8, true);
        a.load(RBP, AT_RAX_RCX);
    }

    /** The first half of a call. */
    void pushReturn(long address) {
        constant(address);
        down();
    }

    /** Stores below the stack pointer, and leaves that to the caller to move. */
    private void constant(long value) {
        e.access(Gpr.RSP, -8, 8, true);
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
