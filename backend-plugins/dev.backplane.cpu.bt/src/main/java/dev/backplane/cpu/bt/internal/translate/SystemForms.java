package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.emit.Assembler.BYTE;
import static dev.backplane.cpu.bt.internal.emit.Assembler.MAP_0F;
import static dev.backplane.cpu.bt.internal.emit.Assembler.NOT_EQUAL;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RAX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.gs;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.cpu.bt.internal.run.StateArea;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.state.Bits;

/** The interrupt flag, PUSHF's value, selectors: system state that has a copy in the state area. */
final class SystemForms {
    /** Of the flags that POPF and SYSRET load, those that change neither privilege nor how code is executed. */
    static final int PLAIN = Bits.ARITHMETIC | Bits.IF | Bits.DF | Bits.ID | 2;

    private static final int OF_SHIFT = 11;
    private static final int IF_SHIFT = 9;

    private final Emission e;
    private final Assembler a;

    SystemForms(Emission e) {
        this.e = e;
        a = e.a;
    }

    void disableInterrupts() {
        interrupts(0);
    }

    /** The interpreter does it where an interrupt waits for this. */
    void enableInterrupts() {
        e.preserve();
        a.op(BYTE, 0x80, 7, gs(StateArea.PENDING));
        a.byte1(0);
        e.interpretIf(NOT_EQUAL);
        interrupts(1);
    }

    private void interrupts(int enabled) {
        a.op(BYTE, 0xC6, 0, gs(StateArea.INTERRUPTS));
        a.byte1(enabled);
    }

    /** RFLAGS as PUSHF shows it, in rax. */
    void flags() {
        e.preserve();
        a.op(0, MAP_0F | 0xB6, RAX, gs(StateArea.FLAGS + 1));
        bit(StateArea.FLAGS, OF_SHIFT);
        bit(StateArea.INTERRUPTS, IF_SHIFT);
        a.op(0, 0x0B, RAX, gs(StateArea.SYSTEM_FLAGS));
    }

    /** Sets RFLAGS from rax, where bit 1 is set and TF, RF and VM are not. The arithmetic flags are in their slot then. */
    void setFlags() {
        a.op(BYTE, 0x88, RAX, gs(StateArea.FLAGS + 1));
        toBit(StateArea.FLAGS, OF_SHIFT);
        toBit(StateArea.INTERRUPTS, IF_SHIFT);
        a.byte1(0x25);
        a.int4(~(Bits.ARITHMETIC | Bits.IF));
        a.op(0, 0x89, RAX, gs(StateArea.SYSTEM_FLAGS));
    }

    /** POPF's value is in rax. The interpreter does what is not plain, and where an interrupt waits until they are enabled. */
    void popFlags() {
        a.op(BYTE, 0x80, 7, gs(StateArea.PENDING));
        a.byte1(0);
        e.interpretIf(NOT_EQUAL);
        a.byte1(0xA9);
        a.int4(~PLAIN);
        e.interpretIf(NOT_EQUAL);
        a.op(0, 0xF7, 0, gs(StateArea.SYSTEM_FLAGS));
        a.int4(Bits.AC);
        e.interpretIf(NOT_EQUAL);
        a.op(0, 0x83, 1, RAX);
        a.byte1(2);
        setFlags();
        e.flagsInSlot();
    }

    /** RDTSC and RDTSCP. */
    void clock(Insn i) {
        e.preserve();
        e.outside(Exits.CLOCK, i.mnemonic() == Mnemonic.RDTSCP ? Exits.PROCESSOR : 0);
    }

    private void toBit(int displacement, int shift) {
        a.op(0, 0x8B, RCX, RAX);
        a.op(0, 0xC1, 5, RCX);
        a.byte1(shift);
        a.op(0, 0x83, 4, RCX);
        a.byte1(1);
        a.op(BYTE, 0x88, RCX, gs(displacement));
    }

    /** CLD and STD. */
    void direction(Insn i) {
        boolean down = i.mnemonic() == Mnemonic.STD;
        e.preserve();
        a.op(0, 0x81, down ? 1 : 4, gs(StateArea.SYSTEM_FLAGS));
        a.int4(down ? Bits.DF : ~Bits.DF);
    }

    private void bit(int displacement, int shift) {
        a.op(0, MAP_0F | 0xB6, RCX, gs(displacement));
        a.op(0, 0xC1, 4, RCX);
        a.byte1(shift);
        a.op(0, 0x0B, RAX, RCX);
    }

    void selector(Insn i) {
        int home = RegisterMap.home(i.rm);
        a.op(0, MAP_0F | 0xB7, home < 0 ? RAX : home, gs(StateArea.SELECTORS + 2 * i.reg));
        if (home < 0) {
            e.assign(i.rm, RAX);
        }
    }
}
