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

    boolean dead;

    @Nullable
    CodeBlock next;

    CodeBlock(long rip, long at, int mode, int entry) {
        this.rip = rip;
        this.at = at;
        this.mode = mode;
        this.entry = entry;
    }

    boolean is(long otherRip, long otherAt, int otherMode) {
        return rip == otherRip && at == otherAt && mode == otherMode && !dead;
    }
}
