package dev.backplane.api.debug;

/** What a trace tells. */
public enum TraceKind {
    /** Every instruction, before it is executed. Slows a guest down by orders of magnitude. */
    EXEC,
    /** Every block that a binary translator translates, with the code that it emits, once. */
    BLOCKS,
    /** Page walks and their page faults. */
    MMU,
    /** Exceptions and interrupts that are delivered. */
    IRQ,
    /** Accesses to ports and to memory that is no RAM. */
    IO
}
