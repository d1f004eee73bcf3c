package dev.backplane.api.cpu;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * A {@link Vcpu} that can run on virtual time: it counts what it executes and stops at a count exactly. On virtual time the
 * kernel runs all vCPUs of a machine in turn on one thread, and the machine's clock is made of their counts: what a vCPU does
 * must depend on nothing but its state, its memory, what its exits answer and {@link PartitionContext#random}. The same run
 * from the same state executes the same instructions and ends in the same state, whatever backend runs it, and on every host.
 */
@ConsumerType
public interface CountedVcpu extends Vcpu {
    /**
     * Runs the guest until {@link #instructions} is {@code limit}, or there is another reason to stop. An interrupt that
     * becomes pending on this thread is taken at the next instruction boundary at which the guest accepts it.
     *
     * @param limit a count on {@link #instructions}; a run to a count that has been reached executes nothing
     * @return {@link Stop#LIMIT} at the count, {@link Stop#PAUSED} behind a spin hint, or as {@link #run()}
     * @throws CpuException when the guest cannot go on: the message is the report
     */
    Stop run(long limit) throws CpuException;

    /**
     * Ends the run under way earlier. Called from one of its exits, on its thread.
     *
     * @param limit a count on {@link #instructions}; where it is reached already, the run ends behind the instruction that
     *     is being executed
     */
    void lowerLimit(long limit);

    /**
     * Instructions executed since the vCPU was made. An exception that is delivered counts as one, so that the count goes on
     * in a guest that only faults. Called between runs, and from the exits of a run on its thread; the instruction that
     * causes the exit does not count yet.
     *
     * @return the count
     */
    long instructions();
}
