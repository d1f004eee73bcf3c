package dev.backplane.x86.state;

import dev.backplane.api.cpu.ParkedAccess;

/**
 * The world outside one virtual processor, as its owner gives it. Called on the vCPU's own thread, from within an
 * instruction. An access may throw {@link ParkedAccess}: then it has not happened and the instruction starts again later.
 * Sizes are in bytes: 1, 2 or 4 for ports, 1, 2, 4 or 8 for memory. Values are zero-extended.
 *
 * <p>The local APIC's page belongs to the implementer too: addresses there come to {@link #mmioRead} and
 * {@link #mmioWrite} like every address that is not RAM.
 */
public interface Platform {
    /** Reads a port. */
    int portIn(int port, int size);

    /** Writes a port. */
    void portOut(int port, int size, int value);

    /** Reads guest-physical memory that is not RAM. Never crosses a page. */
    long mmioRead(long address, int size);

    /** Writes guest-physical memory that is not RAM. Never crosses a page. */
    void mmioWrite(long address, int size, long value);

    /**
     * Acknowledges the interrupt of the highest priority that is deliverable now (local APIC first, then ExtINT) and
     * returns its vector, or -1 when there is none. Called at an instruction boundary with interrupts enabled, after
     * {@link Registers#INTERRUPT} was requested. When more are waiting, the implementer requests again.
     */
    int acknowledgeInterrupt();

    /** The time-stamp counter as the guest reads it, offset included. */
    long timestamp();
}
