package dev.backplane.api.cpu;

import org.osgi.annotation.versioning.ProviderType;

/**
 * Where the exits of one vCPU go. Called on that vCPU's thread only; allocates nothing. Every access may throw {@link
 * ParkedAccess}: it has not happened then, and {@link Vcpu#run} returns {@link Stop#PARKED} with the instruction not
 * executed. After any call, {@link #stopping} tells whether the machine wants the vCPU back.
 */
@ProviderType
public interface ExitHandler {
    /**
     * IN.
     *
     * @param port 0 to 0xffff
     * @param size 1, 2 or 4 bytes
     * @return the value, zero-extended
     */
    int readPort(int port, int size);

    /**
     * OUT.
     *
     * @param port 0 to 0xffff
     * @param size 1, 2 or 4 bytes
     * @param value the value; bits above {@code size} are zero
     */
    void writePort(int port, int size, int value);

    /**
     * A read of memory that is not RAM.
     *
     * @param gpa the guest-physical address
     * @param size 1, 2, 4 or 8 bytes, not across a page
     * @return the value, zero-extended
     */
    long readMemory(long gpa, int size);

    /**
     * A write to memory that is not RAM.
     *
     * @param gpa the guest-physical address
     * @param size 1, 2, 4 or 8 bytes, not across a page
     * @param value the value; bits above {@code size} are zero
     */
    void writeMemory(long gpa, int size, long value);

    /**
     * The acknowledge cycle for {@link Partition#external}.
     *
     * @return the vector, 0 to 255
     */
    int acknowledge();

    /**
     * The end of a level-triggered interrupt, for the I/O APICs.
     *
     * @param vector the vector that was in service
     */
    void endOfInterrupt(int vector);

    /**
     * Whether the machine asked its vCPUs to stop (a reset, a power-off, debug-exit) by the last access. The vCPU finishes
     * the instruction and returns {@link Stop#MACHINE}.
     *
     * @return whether to stop
     */
    boolean stopping();

    /**
     * The guest executes PAUSE again and again: it waits for another vCPU. Whoever that is gets its turn, perhaps in place of this one,
     * which is kicked then.
     */
    default void spins() {
        Thread.yield();
    }

    /**
     * How long this vCPU was ready to run but did not, for steal time.
     *
     * @return nanoseconds since the machine was made
     */
    long stolenNanos();
}
