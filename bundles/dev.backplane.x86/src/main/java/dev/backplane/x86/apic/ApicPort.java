package dev.backplane.x86.apic;

/** What a local APIC asks of the machine around it. */
public interface ApicPort {
    /**
     * Something arrived that the vCPU has to look at: a vector, NMI, INIT, start-up, or the PIC's line. Called from any
     * thread, must not block and may come more often than needed.
     */
    void wake();

    /** A level-triggered vector was completed; the I/O APICs may send it again (12.8.5). Called on the vCPU's thread. */
    void endOfInterrupt(int vector);

    /**
     * The timer now wants {@link LocalApic#pollTimer} at another moment. Called on the vCPU's thread.
     *
     * @param dueNanos guest time in nanoseconds; {@link Long#MAX_VALUE}: not at all
     */
    void timerDue(long dueNanos);
}
