package dev.backplane.kernel.internal.bay;

/** What the engine of a machine asks of the kernel's vCPU threads. Callable on any thread; does not block. */
public interface VcpuPort {
    /**
     * Wakes a halted vCPU.
     *
     * @param index its number
     */
    void wake(int index);

    /**
     * Whether vCPUs have to come out of the guest.
     *
     * @return whether the machine was asked to stop
     */
    boolean stopping();

    /**
     * A vCPU waits in a loop for another one. On its thread.
     *
     * @param index its number
     */
    void spins(int index);

    /**
     * How long a vCPU was ready but did not run.
     *
     * @param index its number
     * @return nanoseconds since the machine was made
     */
    long stolenNanos(int index);
}
