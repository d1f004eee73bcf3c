package dev.backplane.cpu.bt.internal.translate;

/** Knows what is translated already. */
@FunctionalInterface
public interface LinkFinder {
    /** The offset in the code memory of the code for an instruction pointer in the page and mode of the block at hand, or -1. */
    int find(long rip);
}
