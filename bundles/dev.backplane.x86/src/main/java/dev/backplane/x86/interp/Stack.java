package dev.backplane.x86.interp;

import dev.backplane.x86.state.Cpu;
import dev.backplane.x86.state.Gpr;
import dev.backplane.x86.state.Seg;

/** The stack at the current privilege, in all modes. Operations that use it say so by {@link Op#usesStack()}. */
public final class Stack {
    private Stack() {}

    /** The linear address of {@code bytes} at an offset from the top: negative for what is about to be pushed. */
    public static long at(Cpu c, long offset, int bytes, boolean write) {
        long pointer = c.r[Gpr.RSP] + offset & c.stackMask;
        return c.long64 ? pointer : Segmentation.linear(c, Seg.SS, pointer, bytes, write);
    }

    /** Moves the stack pointer, whose size is that of the stack. */
    public static void move(Cpu c, long distance) {
        long old = c.r[Gpr.RSP];
        c.r[Gpr.RSP] = old & ~c.stackMask | old + distance & c.stackMask;
    }

    /** Pushes 2, 4 or 8 bytes. */
    public static void push(Cpu c, int bytes, long value) {
        c.store(at(c, -bytes, bytes, true), bytes, value);
        move(c, -bytes);
    }

    /** The value at the top, zero-extended, without popping it. */
    public static long top(Cpu c, int bytes) {
        return c.load(at(c, 0, bytes, false), bytes);
    }

    /** Pops 2, 4 or 8 bytes. */
    public static long pop(Cpu c, int bytes) {
        long value = top(c, bytes);
        move(c, bytes);
        return value;
    }
}
