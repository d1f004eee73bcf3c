package dev.backplane.x86.system;

import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;
import dev.backplane.x86.state.Vector;

/**
 * Pushes onto a stack that need not be the current one yet: the frame of an event or of a far call. Registers change only
 * when all of it is written. One per vCPU, used over and over.
 */
final class StackWriter {
    /** Where the next value goes; what the stack pointer becomes. */
    long pointer;

    private long base;
    private long limit;
    private int attributes;
    private long mask;
    private boolean flat;
    private boolean asUser;
    private int errorCode;

    /** The current stack, with the current privilege. */
    void current(Cpu c) {
        base = c.segmentBase[Seg.SS];
        limit = c.segmentLimit[Seg.SS];
        attributes = c.segmentAttributes[Seg.SS];
        flat = c.long64;
        mask = c.stackMask;
        pointer = c.r[Gpr.RSP] & mask;
        asUser = c.cpl == 3;
        errorCode = 0;
    }

    /** A stack of an inner ring in a legacy mode, by its descriptor; faults carry its selector. */
    void inner(long stackPointer, long descriptor, int selector) {
        base = Descriptor.base(descriptor);
        limit = Descriptor.limit(descriptor);
        attributes = Descriptor.attributes(descriptor);
        flat = false;
        mask = (attributes & Seg.DB) != 0 ? 0xffff_ffffL : 0xffffL;
        pointer = stackPointer & mask;
        asUser = false;
        errorCode = selector & 0xfffc;
    }

    /** A stack of long mode for a privilege; no segment applies. */
    void flat(long stackPointer, boolean user) {
        flat = true;
        mask = -1;
        pointer = stackPointer;
        asUser = user;
        errorCode = 0;
    }

    /** The stack as 32-bit code has it. */
    void narrow() {
        mask &= 0xffff_ffffL;
        pointer &= mask;
    }

    /** A selector's slot, which takes all of the operand size: of 32 bits, processors write only the selector's. */
    void pushSelector(Cpu c, int size, int selector) {
        if (size == 4) {
            pointer = pointer - 2 & mask;
            push(c, 2, selector);
        } else {
            push(c, size, selector);
        }
    }

    /** Whether the stack pointer keeps its upper bits when this one is loaded: a 16-bit stack. */
    long merge(long old) {
        return mask == 0xffff ? old & ~0xffffL | pointer : pointer;
    }

    void push(Cpu c, int size, long value) {
        pointer = pointer - size & mask;
        long linear = linear(c, size);
        if (asUser) {
            c.store(linear, size, value);
        } else {
            switch (size) {
                case 2 -> c.sysStore16(linear, value);
                case 4 -> c.sysStore32(linear, value);
                default -> c.sysStore64(linear, value);
            }
        }
    }

    private long linear(Cpu c, int size) {
        if (flat) {
            if (!Selectors.canonical(c, pointer)) {
                throw c.fault(Vector.SS, errorCode);
            }
            return pointer;
        }
        long last = pointer + size - 1;
        boolean bad = (attributes & Seg.EXPAND_DOWN) != 0
                ? pointer <= limit || last > ((attributes & Seg.DB) != 0 ? 0xffff_ffffL : 0xffffL)
                : last > limit;
        if (bad || (attributes & Seg.UNUSABLE) != 0) {
            throw c.fault(Vector.SS, errorCode);
        }
        return base + pointer & 0xffff_ffffL;
    }
}
