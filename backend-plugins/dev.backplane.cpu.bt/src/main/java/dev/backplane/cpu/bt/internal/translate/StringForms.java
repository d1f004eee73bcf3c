package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.emit.Assembler.ABOVE;
import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RAX_RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.AT_RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.BYTE;
import static dev.backplane.cpu.bt.internal.emit.Assembler.EQUAL;
import static dev.backplane.cpu.bt.internal.emit.Assembler.MAP_0F;
import static dev.backplane.cpu.bt.internal.emit.Assembler.NOT_EQUAL;
import static dev.backplane.cpu.bt.internal.emit.Assembler.P66;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RAX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RCX;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RDI;
import static dev.backplane.cpu.bt.internal.emit.Assembler.RSI;
import static dev.backplane.cpu.bt.internal.emit.Assembler.W;
import static dev.backplane.cpu.bt.internal.emit.Assembler.gs;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.cpu.bt.internal.run.StateArea;
import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Mnemonic;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Bits;

/**
 * String instructions, upwards: what is left of the page goes to the host's own repeated instruction at once, whose registers are set
 * to host addresses for as long. Counts, pointers and the pages are looked at again for the next page.
 */
final class StringForms {
    private static final int PAGE = 4096;
    private static final int DIRECTION = Bits.DF >> 8;
    private static final int ZERO = Bits.ZF;

    private final Emission e;
    private final Assembler a;

    StringForms(Emission e) {
        this.e = e;
        a = e.a;
    }

    void emit(Insn i) {
        int shift = i.opcode.has(Opcode.BYTE) ? 0 : Integer.numberOfTrailingZeros(i.operandBytes);
        e.preserve();
        // What comes may be repeated.
        e.last.forget();
        a.op(BYTE, 0xF6, 0, gs(StateArea.SYSTEM_FLAGS + 1));
        a.byte1(DIRECTION);
        e.interpretIf(NOT_EQUAL);
        if (i.repeat != 0) {
            repeated(i, shift);
        } else {
            once(i, 1 << shift);
        }
    }

    private void once(Insn i, int size) {
        int properties = properties(size);
        int narrow = size == 1 ? 0 : 1;
        switch (i.mnemonic()) {
            case MOVS -> {
                e.access(RSI, 0, size, false);
                a.op(properties, 0x8A + narrow, RAX, AT_RAX_RCX);
                a.store(gs(StateArea.TEMPORARY), RAX);
                e.access(RDI, 0, size, true);
                e.joinInRcx();
                a.load(RAX, gs(StateArea.TEMPORARY));
                a.op(properties, 0x88 + narrow, RAX, AT_RCX);
            }
            case STOS -> {
                e.access(RDI, 0, size, true);
                a.op(properties, 0x88 + narrow, RegisterMap.GUEST_RAX, AT_RAX_RCX);
            }
            default -> {
                e.access(RSI, 0, size, false);
                a.op(properties, 0x8A + narrow, RegisterMap.GUEST_RAX, AT_RAX_RCX);
            }
        }
        if (i.mnemonic() != Mnemonic.STOS) {
            a.lea(RSI, RSI, -1, 0, size, true);
        }
        if (i.mnemonic() != Mnemonic.LODS) {
            a.lea(RDI, RDI, -1, 0, size, true);
        }
    }

    private void repeated(Insn i, int shift) {
        boolean compares = i.mnemonic() == Mnemonic.CMPS || i.mnemonic() == Mnemonic.SCAS;
        boolean two = i.mnemonic() == Mnemonic.MOVS || i.mnemonic() == Mnemonic.CMPS;
        int size = 1 << shift;
        a.op(W, 0x85, RegisterMap.GUEST_RCX, RegisterMap.GUEST_RCX);
        int none = a.jcc(EQUAL);
        int top = a.size();
        if (two) {
            e.access(RSI, 0, size, false);
            part(StateArea.STRING_SOURCE, shift);
            a.store(gs(StateArea.STRING_COUNT), RCX);
        }
        e.access(RDI, 0, size, !compares);
        part(StateArea.STRING_TARGET, shift);
        if (two) {
            atMost(gs(StateArea.STRING_COUNT));
        }
        atMost(RegisterMap.GUEST_RCX);
        a.store(gs(StateArea.STRING_COUNT), RCX);
        if (two) {
            a.store(gs(StateArea.STRING_RSI), RSI);
            a.load(RSI, gs(StateArea.STRING_SOURCE));
        } else {
            a.load(RAX, RegisterMap.GUEST_RAX);
        }
        a.store(gs(StateArea.STRING_RDI), RDI);
        a.load(RDI, gs(StateArea.STRING_TARGET));
        if (size == 2) {
            a.byte1(0x66);
        }
        a.byte1(i.repeat);
        if (size == 8) {
            a.byte1(0x48);
        }
        a.byte1(i.opcodeByte);
        if (compares) {
            a.byte1(0x9F);
            a.op(BYTE, MAP_0F | 0x90 | Assembler.OVERFLOW, 0, RAX);
            a.op(P66, 0x89, RAX, gs(StateArea.STRING_FLAGS));
        }
        a.load(RAX, gs(StateArea.STRING_COUNT));
        if (compares) {
            a.op(W, 0x2B, RAX, RCX);
        }
        if (two) {
            a.load(RSI, gs(StateArea.STRING_RSI));
            a.lea(RSI, RSI, RAX, shift, 0, true);
        }
        a.load(RDI, gs(StateArea.STRING_RDI));
        a.lea(RDI, RDI, RAX, shift, 0, true);
        a.op(W, 0x2B, RegisterMap.GUEST_RCX, RAX);
        goOn(i, compares, top);
        a.land(none);
    }

    /** To the next page, or the end with the flags of the last comparison, which a fault in the middle does not show. */
    private void goOn(Insn i, boolean compares, int top) {
        int complete = a.jcc(EQUAL);
        if (!compares) {
            wanted();
            a.patch(a.jmp(), top);
            a.land(complete);
            return;
        }
        a.op(W, 0x85, RCX, RCX);
        int met = a.jcc(NOT_EQUAL);
        a.op(BYTE, 0xF6, 0, gs(StateArea.STRING_FLAGS + 1));
        a.byte1(ZERO);
        int last = a.jcc(i.repeat == 0xF3 ? EQUAL : NOT_EQUAL);
        wanted();
        a.patch(a.jmp(), top);
        a.land(complete);
        a.land(met);
        a.land(last);
        a.op(0, MAP_0F | 0xB7, RAX, gs(StateArea.STRING_FLAGS));
        a.op(P66, 0x89, RAX, gs(StateArea.FLAGS));
        e.flagsInSlot();
    }

    /** Whoever wants the thread gets it between two pages. */
    private void wanted() {
        e.comparePoll();
        e.interpretIf(NOT_EQUAL);
    }

    /** After a check: notes the host address, and leaves in rcx how many elements there are from it to the page's end. */
    private void part(int address, int shift) {
        e.joinInRcx();
        a.store(gs(address), RCX);
        a.constant(RCX, PAGE);
        a.op(0, 0x2B, RCX, RAX);
        a.op(0, 0xC1, 5, RCX);
        a.byte1(shift);
    }

    private void atMost(int most) {
        a.op(W, 0x3B, RCX, most);
        a.op(W, MAP_0F | 0x40 | ABOVE, RCX, most);
    }

    private static int properties(int size) {
        return switch (size) {
            case 1 -> BYTE;
            case 2 -> P66;
            case 4 -> 0;
            default -> W;
        };
    }
}
