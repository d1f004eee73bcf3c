package dev.backplane.x86.state;

/** Follows one vCPU, on its thread. There is none but while somebody asked for a trace. */
public interface Tracer {
    /** Whether {@link #instruction} is to be called: the engine looks at every instruction then. */
    boolean wantsInstructions();

    /** An instruction is about to be executed, of so many bytes at a linear address. */
    void instruction(long linear, int length);

    /** Whether {@link #block} is to be called. */
    boolean wantsBlocks();

    /** A block was translated, from a linear address on. {@code listing}: both codes, in lines. */
    void block(long linear, String listing);

    /** A page walk gave a guest-physical page. {@code access} is as a page fault's error code has it. */
    void translated(long linear, long physical, int access);

    /** A page walk ended in a page fault. */
    void pageFault(long linear, int errorCode);

    /** An exception or interrupt is about to be delivered; {@code errorCode} is -1 where it has none. */
    void event(int vector, int errorCode, boolean exception);

    /** An access to a port, or to memory that is no RAM, has been answered. */
    void access(boolean port, boolean write, long address, int size, long value);
}
