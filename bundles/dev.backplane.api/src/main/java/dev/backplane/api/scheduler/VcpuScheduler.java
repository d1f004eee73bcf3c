package dev.backplane.api.scheduler;

import dev.backplane.api.part.Part;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Decides when each vCPU of a machine may run. Its calls come between {@link #resume} and the next {@link #quiesce}, never during a
 * life-cycle call, several at once; they must not block and allocate nothing. vCPUs are known by their numbers, from 0 to {@link
 * SchedulerContext#vcpus} - 1, and after {@link #resume} none has a slice: each asks before it runs.
 *
 * <p>The calls about one vCPU:
 *
 * <pre>{@code
 * slice -> it runs -> slice -> it runs -> rests(HALTED) -> woken -> slice -> ...
 * slice -> it waits -> slice (time is over, or SchedulerContext.proceed was called) -> ...
 * slice -> it waits -> rests(HELD)
 * }</pre>
 *
 * <p>A vCPU that was given a slice and asks again has used it up, was preempted, or came out of the guest for the kernel's own reasons:
 * the processor time of its thread ({@link SchedulerContext#cpuNanos}) tells how much of it.
 *
 * @param <S> its state
 */
@ConsumerType
public interface VcpuScheduler<S extends Record> extends Part<S> {
    /** Answer of {@link #slice}: it may run until it stops by itself, or is preempted. */
    long UNLIMITED = Long.MAX_VALUE;

    /** Answer of {@link #slice}: it waits until {@link SchedulerContext#proceed} is called for it. */
    long WAIT = Long.MIN_VALUE;

    /**
     * Whether it decides anything at all. Fixed for the part's life. One that does not is never called for a slice: its vCPUs run as
     * the host's kernel lets them.
     *
     * @return true unless overridden
     */
    default boolean schedules() {
        return true;
    }

    /**
     * A vCPU wants to run. Called on its own thread, out of the guest.
     *
     * @param vcpu its number
     * @return above 0: it may run until its thread has used so many more nanoseconds of processor time; the kernel measures and brings
     *     it out then. 0 and below: it waits, so many nanoseconds of the host's time at most ({@code -n} for n), and asks again
     */
    long slice(int vcpu);

    /**
     * A vCPU does not run any more, and does not wait for a slice any more. Called on its own thread.
     *
     * @param vcpu its number
     * @param why what it does instead
     */
    void rests(int vcpu, Rest why);

    /**
     * Something has arrived for a vCPU that rests: it will ask for a slice. Called on the thread that wakes it, also needlessly, also
     * when it asks already.
     *
     * @param vcpu its number
     */
    default void woken(int vcpu) {}

    /**
     * An interrupt has arrived for a vCPU that waits for a slice. One from another vCPU is often waited for there, in a loop: whoever
     * receives it should run soon. Called on the thread that sends it; those that arrive in the moment in which a vCPU leaves the guest
     * may go untold.
     *
     * @param vcpu who has to take it
     * @param from the vCPU of the same machine on whose thread it was sent, or -1
     */
    default void interrupted(int vcpu, int from) {}

    /**
     * A vCPU executes PAUSE again and again: it waits for another one that may not be running. Told by CPU backends that see it, on the
     * vCPU's thread, from within the guest. A scheduler that has better use for its processor calls {@link SchedulerContext#preempt}.
     *
     * @param vcpu its number
     */
    default void spins(int vcpu) {}
}
