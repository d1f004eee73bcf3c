package dev.backplane.cpu.bt.internal.translate;

import static dev.backplane.cpu.bt.internal.emit.Assembler.BYTE;

import dev.backplane.cpu.bt.internal.emit.Assembler;
import dev.backplane.x86.decode.Insn;

/** Register operands of the instruction that is being emitted: in host registers before it, and back where they belong after. */
final class Operands {
    private final Emission e;
    private final Assembler a;

    Operands(Emission e) {
        this.e = e;
        a = e.a;
    }

    /** The host register that has an operand; {@code narrow}: a byte. Loaded into scratch if it has no usable home. Leaves the flags. */
    int load(Insn i, int guest, boolean narrow, int scratch) {
        if (narrow && i.highByte(guest)) {
            e.last.forget();
            a.rorx(scratch, RegisterMap.home(guest - 4), 8, false);
            return scratch;
        }
        return e.inRegister(guest, scratch);
    }

    /** Puts the operand back that {@link #load} gave, after the instruction wrote it. Leaves the flags. */
    void write(Insn i, int guest, boolean narrow, int host) {
        if (narrow && i.highByte(guest)) {
            int home = RegisterMap.home(guest - 4);
            e.last.changed(guest - 4);
            a.rorx(home, home, 8, true);
            a.op(BYTE, 0x8A, home, host);
            a.rorx(home, home, 56, true);
        } else {
            e.assign(guest, host);
        }
    }

    /** Whether it needs scratch. */
    static boolean homeless(Insn i, int guest, boolean narrow) {
        return narrow && i.highByte(guest) || RegisterMap.home(guest) < 0;
    }
}
