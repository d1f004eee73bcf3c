package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.state.Cpu;
import org.jspecify.annotations.Nullable;

/**
 * Reads, changes and writes the operand in ModR/M.rm, with LOCK or without. {@link #change} computes, and may be called several
 * times; {@link #commit} sets registers and is called once at the end.
 */
abstract class ModifyOp extends GenericOp {
    ModifyOp(Insn i) {
        super(i);
    }

    /** The new value of a zero-extended old one. Sets flags only (they are saved if it has to be repeated). */
    abstract long change(Cpu c, long old);

    /** What else changes: for XADD. */
    void commit(Cpu c, long old) {}

    @Override
    public final @Nullable Op exec(Cpu c) {
        long old;
        if (!memory) {
            old = rmRegister(c);
            long value = change(c, old);
            commit(c, old);
            rmRegister(c, value);
            return next;
        }
        long at = address(c);
        long flagResult = c.flagResult;
        long flagCarries = c.flagCarries;
        int flagCarry = c.flagCarry;
        try {
            if (lock) {
                while (!c.lockedStore(bytes, old = c.lockedLoad(at, bytes), change(c, old))) {
                    c.flagResult = flagResult;
                    c.flagCarries = flagCarries;
                    c.flagCarry = flagCarry;
                }
            } else {
                old = c.modifyLoad(at, bytes);
                c.modifyStore(bytes, change(c, old));
            }
        } catch (RuntimeException e) {
            // A fault comes before the change, a parked device after it: neither leaves a trace.
            c.flagResult = flagResult;
            c.flagCarries = flagCarries;
            c.flagCarry = flagCarry;
            throw e;
        }
        commit(c, old);
        return next;
    }
}
