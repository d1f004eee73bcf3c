package dev.backplane.x86.mmu;

/** Keeps code that was decoded from guest memory in step with it. Called on the vCPU's thread, also in mid-instruction. */
@FunctionalInterface
public interface CodeWatch {
    /** Holds no code. */
    CodeWatch NONE = (offset, length) -> {};

    /** Guest RAM was written, within one page that holds code. */
    void written(long offset, int length);
}
