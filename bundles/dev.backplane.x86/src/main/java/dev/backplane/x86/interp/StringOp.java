package dev.backplane.x86.interp;

import dev.backplane.x86.decode.Insn;
import dev.backplane.x86.decode.Opcode;
import dev.backplane.x86.state.Bits;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import org.jspecify.annotations.Nullable;

/**
 * A string instruction, with or without REP. The registers are brought up to date after each iteration (or bulk of them), so that
 * a fault, a parked device or a request leaves the instruction with what is left to do.
 */
abstract class StringOp extends Op {
    /** Element size. */
    final int bytes;

    final int addressBytes;
    final int sourceSegment;
    final int repeat;

    StringOp(Insn i, int bytes) {
        this.bytes = bytes;
        addressBytes = i.addressBytes;
        sourceSegment = i.segmentOverride >= 0 ? i.segmentOverride : Seg.DS;
        repeat = i.repeat;
    }

    static int elementBytes(Insn i) {
        return i.opcode.has(Opcode.BYTE) ? 1 : i.operandBytes;
    }

    /** What faults even without any iteration. */
    void check(Cpu c) {}

    /** What happens before the first iteration, and stays where that faults. */
    void begin(Cpu c) {}

    /** One iteration: memory, then registers. */
    abstract void once(Cpu c);

    /** As many iterations as can be done at once, at most {@code count}; 0 where that is not possible. */
    long bulk(Cpu c, long count) {
        return 0;
    }

    /** Whether REPE or REPNE goes on after an iteration. */
    boolean goesOn(Cpu c) {
        return true;
    }

    /** The end of the instruction; not called after 0 iterations nor when it is interrupted, which leaves the old flags. */
    void finish(Cpu c) {}

    @Override
    public final @Nullable Op exec(Cpu c) {
        if (repeat == 0) {
            once(c);
            finish(c);
            return next;
        }
        long left = Sizes.unsigned(c.r[Gpr.RCX], addressBytes);
        check(c);
        // With a 32-bit address size in 64-bit mode the count is zero-extended, even where it is 0 or the first
        // iteration
        // faults.
        c.r[Gpr.RCX] = Sizes.merge(c.r[Gpr.RCX], left, addressBytes);
        begin(c);
        if (left == 0) {
            return next;
        }
        for (; ; ) {
            long done = bulk(c, left);
            if (done == 0) {
                once(c);
                done = 1;
            }
            left -= done;
            c.r[Gpr.RCX] = Sizes.merge(c.r[Gpr.RCX], left, addressBytes);
            if (left == 0 || !goesOn(c)) {
                finish(c);
                return next;
            }
            if (c.request != 0 || (c.systemFlags & Bits.TF) != 0 || c.watchHits != 0) {
                c.instructions += before();
                c.rip = rip(c);
                c.iterated = true;
                return null;
            }
        }
    }

    /** DF as a step: the element size or its negative. */
    final long step(Cpu c) {
        return (c.systemFlags & Bits.DF) == 0 ? bytes : -bytes;
    }

    final long source(Cpu c, int size, boolean write) {
        return Segmentation.linear(c, sourceSegment, Sizes.unsigned(c.r[Gpr.RSI], addressBytes), size, write);
    }

    /** ES:rDI; the segment cannot be overridden. */
    final long target(Cpu c, int size, boolean write) {
        return Segmentation.linear(c, Seg.ES, Sizes.unsigned(c.r[Gpr.RDI], addressBytes), size, write);
    }

    final void advance(Cpu c, int register, long distance) {
        long old = c.r[register];
        c.r[register] = Sizes.merge(old, old + distance, addressBytes);
    }

    /**
     * How many elements from an address on lie in its page and may be accessed at once: only upwards, only in 64-bit or flat
     * code with its own address size, so that nothing wraps and no limit is met.
     */
    final long inPage(Cpu c, long linear) {
        return (4096 - (linear & 4095)) / bytes;
    }

    final boolean simple(Cpu c) {
        return (c.systemFlags & (Bits.DF | Bits.TF | Bits.AC)) == 0
                && (c.long64 ? addressBytes == 8 : (c.mode & Cpu.FLAT) != 0 && addressBytes == 4);
    }

    @Override
    public boolean usesStack() {
        return false;
    }
}
