package dev.backplane.cpu.bt.internal.translate;

/** What translated code keeps, beyond what a program can tell. Each has what those before it have. */
public enum Fidelity {
    /** A flag that nobody reads may be stale in a saved RFLAGS. */
    USUAL,
    /** Arithmetic flags are right at every fault, also those that the program never looks at. */
    EXACT,
    /**
     * For virtual time: instructions are counted, and whatever manuals leave to the processor is as the interpreter has it, so
     * that a run is the same on every host, and interpreted.
     */
    COUNTED
}
