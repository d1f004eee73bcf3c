package dev.backplane.api.cpu;

import org.osgi.annotation.versioning.ConsumerType;

/** One virtual CPU. {@link #run} is called by one platform thread of the kernel; {@link #kick} by any. */
@ConsumerType
public interface Vcpu {
    /**
     * Runs the guest until there is a reason to stop, on the thread that calls. Exits go to the {@link ExitHandler} of the
     * context on the same thread.
     *
     * @return why it stopped, at an instruction boundary
     * @throws CpuException when the guest cannot go on: the message is the report
     */
    Stop run() throws CpuException;

    /**
     * Makes {@link #run} return {@link Stop#KICKED} soon: the one that is running, or the next one. Several kicks before it
     * returns count as one. Callable on any thread; does not block.
     */
    void kick();

    /**
     * Whether a halted vCPU has a reason to go on: a pending interrupt that it takes, a start-up message. Called by the
     * kernel's thread of this vCPU between runs.
     *
     * @return true when {@link #run} would not report {@link Stop#HALTED} at once
     */
    boolean runnable();
}
