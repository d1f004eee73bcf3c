package dev.backplane.cpu.bt.internal.run;

import org.jspecify.annotations.Nullable;

/** Where translated code for an instruction pointer is, or that there is none. */
final class CodeBlock {
    final long rip;
    /** Offset of the first instruction in RAM. */
    final long at;
    /** The mode and TLB that it was made for. */
    final int mode;
    /** Offset in the code memory, or -1 where the first instruction is the interpreter's. */
    final int entry;
    /** Where in RAM the next page is, if the block is an instruction that reaches into it; else -1. */
    final long second;

    boolean dead;

    @Nullable
    CodeBlock next;

    CodeBlock(long rip, long at, int mode, int entry, long second) {
        this.rip = rip;
        this.at = at;
        this.mode = mode;
        this.entry = entry;
        this.second = second;
    }

    boolean is(long otherRip, long otherAt, int otherMode) {
        return rip == otherRip && at == otherAt && mode == otherMode && !dead;
    }
}
