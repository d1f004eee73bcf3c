package dev.backplane.x86.system;

import dev.backplane.x86.interp.Segmentation;
import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/** Pops from the current stack without moving the stack pointer, until {@link #commit}. One per vCPU, used over and over. */
final class StackReader {
    private long pointer;
    private long mask;

    void start(Cpu c) {
        mask = c.stackMask;
        pointer = c.r[Gpr.RSP] & mask;
    }

    long pop(Cpu c, int size) {
        if (c.long64 && !Selectors.canonical(c, pointer)) {
            throw c.fault(Vector.SS, 0);
        }
        long value = c.load(Segmentation.linear(c, Seg.SS, pointer, size, false), size);
        pointer = pointer + size & mask;
        return value;
    }

    /** Takes a selector from a slot of some size, of which processors read no more than the selector. */
    int popSelector(Cpu c, int size) {
        int selector = (int) pop(c, 2);
        skip(size - 2);
        return selector;
    }

    void skip(long bytes) {
        pointer = pointer + bytes & mask;
    }

    /** Moves the stack pointer behind what was popped, in the width that the stack had then. */
    void commit(Cpu c) {
        c.r[Gpr.RSP] = mask == 0xffff ? c.r[Gpr.RSP] & ~0xffffL | pointer : pointer;
    }

    /** Sets the stack pointer as the width of the loaded stack segment has it. */
    static void setPointer(Cpu c, long value) {
        long width = stackMask(c);
        c.r[Gpr.RSP] = width == 0xffff ? c.r[Gpr.RSP] & ~0xffffL | value & 0xffff : value & width;
    }

    /** As {@code Cpu.stackMask}, also before {@code Cpu.modeChanged()} was called. */
    private static long stackMask(Cpu c) {
        if (Selectors.longMode(c) && (c.segmentAttributes[Seg.CS] & Seg.L) != 0) {
            return -1L;
        }
        return (c.segmentAttributes[Seg.SS] & Seg.DB) != 0 ? 0xffff_ffffL : 0xffffL;
    }
}
