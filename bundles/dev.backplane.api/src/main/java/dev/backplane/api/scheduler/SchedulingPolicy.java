package dev.backplane.api.scheduler;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Who of those that wait gets a processor, and for how long. Called by a {@link RunQueue} under its lock; must not block, calls nothing
 * of the queue, and allocates nothing.
 *
 * @param <V> what it knows of a vCPU
 */
@ConsumerType
public interface SchedulingPolicy<V extends QueuedVcpu> {
    /**
     * A vCPU wants to run; it waits from now on.
     *
     * @param vcpu the vCPU
     * @param rested whether it rested before; else its slice is over ({@link #ran}), and it wants another one
     * @param hostNanos the time
     */
    void ready(V vcpu, boolean rested, long hostNanos);

    /**
     * A vCPU that waited, or has run ({@link #ran}), rests from now on.
     *
     * @param vcpu the vCPU; {@link QueuedVcpu#waits} tells which of the two
     * @param why what it does
     * @param hostNanos the time
     */
    void rests(V vcpu, Rest why, long hostNanos);

    /**
     * How long a vCPU that waits may run if it gets a processor now. Changes nothing.
     *
     * @param vcpu the vCPU
     * @param hostNanos the time
     * @return above 0: nanoseconds of processor time; 0 and below: it may not run now, ask again in {@code -n} nanoseconds
     */
    long sliceNanos(V vcpu, long hostNanos);

    /**
     * Whether a vCPU that waits gets a processor rather than another one that waits, too.
     *
     * @param vcpu one
     * @param other the other
     * @return whether the first is to be preferred; where neither is, it is who waits longer
     */
    boolean before(V vcpu, V other);

    /**
     * A vCPU gets a processor.
     *
     * @param vcpu the vCPU
     * @param sliceNanos for how long
     * @param hostNanos the time
     */
    void started(V vcpu, long sliceNanos, long hostNanos);

    /**
     * A vCPU has run: at the end of each slice, however it ended.
     *
     * @param vcpu the vCPU
     * @param cpuNanos what it has used since the end of the slice before: may be more than the slice, or nothing
     * @param sliceNanos what it was given
     * @param hostNanos the time
     */
    void ran(V vcpu, long cpuNanos, long sliceNanos, long hostNanos);

    /**
     * Whether a vCPU that has begun to wait takes the processor of one that runs.
     *
     * @param vcpu who waits
     * @param running who runs
     * @param hostNanos the time
     * @return whether the other's slice ends now
     */
    boolean preempts(V vcpu, V running, long hostNanos);

    /**
     * An interrupt has arrived for a vCPU that waits, or rests.
     *
     * @param vcpu the vCPU
     */
    void boost(V vcpu);
}
